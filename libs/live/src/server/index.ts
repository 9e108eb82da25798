export * from './live-server.ts';
export * from './topic-source.ts';
