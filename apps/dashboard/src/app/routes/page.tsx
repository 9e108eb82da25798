import type { Metadata } from 'next';
import { RoutesChooser } from '@/features/routes/index.ts';

export const metadata: Metadata = { title: 'Routes' };

export default function Page() {
  return <RoutesChooser />;
}
