import type { Metadata } from 'next';
import type { ServiceRef } from '@tulle/model';
import { RoutesPage } from '@/features/routes/index.ts';

interface PageProps {
  params: Promise<{ ns: string; service: string }>;
}

export async function generateMetadata({ params }: PageProps): Promise<Metadata> {
  const { name } = await serviceOf(params);
  return { title: `Routes of ${name}` };
}

export default async function Page({ params }: PageProps) {
  const service = await serviceOf(params);
  return <RoutesPage service={service} />;
}

async function serviceOf(params: PageProps['params']): Promise<ServiceRef> {
  const { ns, service } = await params;
  return {
    kind: 'service',
    namespace: decodeURIComponent(ns),
    name: decodeURIComponent(service),
  };
}
