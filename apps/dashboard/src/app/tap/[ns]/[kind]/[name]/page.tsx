import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Suspense } from 'react';
import { formatResource, keyOf, parseKind } from '@tulle/model';
import type { ResourceRef } from '@tulle/model';
import { TapPage } from '@/features/tap/index.ts';

interface PageProps {
  params: Promise<{ ns: string; kind: string; name: string }>;
}

export async function generateMetadata({ params }: PageProps): Promise<Metadata> {
  const ref = await resourceOf(params);
  return { title: ref === null ? 'Tap' : `Tap ${formatResource(ref)}` };
}

export default async function Page({ params }: PageProps) {
  const resource = await resourceOf(params);
  if (resource === null) notFound();
  return (
    <Suspense>
      <TapPage key={keyOf(resource)} resource={resource} />
    </Suspense>
  );
}

async function resourceOf(params: PageProps['params']): Promise<ResourceRef | null> {
  const { ns, kind: kindWord, name } = await params;
  const kind = parseKind(kindWord);
  if (kind === undefined) return null;
  return { kind, namespace: decodeURIComponent(ns), name: decodeURIComponent(name) };
}
