import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Suspense } from 'react';
import { isWorkloadKind, parseKind } from '@tulle/model';
import { NamespacePage } from '@/features/namespace/components/namespace-page.tsx';

type Props = PageProps<'/ns/[ns]/[kind]'>;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { ns, kind } = await params;
  return { title: `${decodeURIComponent(ns)}, ${parseKind(kind) ?? kind}s` };
}

export default async function Page({ params }: Props) {
  const { ns, kind: kindWord } = await params;
  const kind = parseKind(kindWord);
  if (kind === undefined || !isWorkloadKind(kind)) notFound();
  return (
    <Suspense>
      <NamespacePage namespace={decodeURIComponent(ns)} kind={kind} />
    </Suspense>
  );
}
