import type { Metadata } from 'next';
import { TapChooser } from '@/features/tap/index.ts';

export const metadata: Metadata = { title: 'Tap' };

export default function Page() {
  return <TapChooser />;
}
