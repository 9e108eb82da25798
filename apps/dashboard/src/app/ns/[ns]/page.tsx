import type { Metadata } from 'next';
import { Suspense } from 'react';
import { NamespacePage } from '@/features/namespace/components/namespace-page.tsx';

type Props = PageProps<'/ns/[ns]'>;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).ns) };
}

export default async function Page({ params }: Props) {
  return (
    <Suspense>
      <NamespacePage namespace={decodeURIComponent((await params).ns)} kind={null} />
    </Suspense>
  );
}
