export { InjectDrawer } from './components/inject-drawer.tsx';
export type { InjectDrawerProps } from './components/inject-drawer.tsx';
