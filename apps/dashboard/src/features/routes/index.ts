export { RoutesChooser } from './components/routes-chooser.tsx';
export { RoutesPage } from './components/routes-page.tsx';
