import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Suspense } from 'react';
import { WorkloadPage } from '@/features/workload/components/workload-page.tsx';
import { workloadOf } from '@/lib/navigation/addresses.ts';

type Props = PageProps<'/ns/[ns]/[kind]/[name]'>;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) };
}

export default async function Page({ params }: Props) {
  const { ns, kind, name } = await params;
  const workload = workloadOf(ns, kind, name);
  if (workload === null) notFound();
  return (
    <Suspense>
      <WorkloadPage workload={workload} />
    </Suspense>
  );
}
