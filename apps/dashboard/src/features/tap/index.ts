export { TapChooser } from './components/tap-chooser.tsx';
export { TapPage } from './components/tap-page.tsx';
