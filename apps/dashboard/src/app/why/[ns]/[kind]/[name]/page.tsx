import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Suspense } from 'react';
import { WhyPage } from '@/features/why/index.ts';
import { workloadOf } from '@/lib/navigation/addresses.ts';

type Props = PageProps<'/why/[ns]/[kind]/[name]'>;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Why ${decodeURIComponent((await params).name)} fails` };
}

export default async function Page({ params }: Props) {
  const { ns, kind, name } = await params;
  const workload = workloadOf(ns, kind, name);
  if (workload === null) notFound();
  return (
    <Suspense>
      <WhyPage workload={workload} />
    </Suspense>
  );
}
