import type { Metadata } from 'next';
import { PageProblem } from '@/features/shell/components/page-problem.tsx';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <PageProblem title="There is no page at this address">
      Every workload has one at /ns/namespace/kind/name, for example /ns/emojivoto/deployment/web.
    </PageProblem>
  );
}
