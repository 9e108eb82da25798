export { FailureCard } from './components/failure-card.tsx';
export { WhyPage } from './components/why-page.tsx';
