import { TulleError } from '@tulle/model';
import type { ClientMessage, Resume, Topic } from '../protocol.ts';

const TOPICS: Readonly<Record<Topic, true>> = {
  overview: true,
  map: true,
  workload: true,
  why: true,
  rollout: true,
  routes: true,
  series: true,
  tap: true,
};

/** Reads one message of a client. @throws TulleError `invalid_argument` saying what is wrong with it. */
export function parseClientMessage(text: string): ClientMessage {
  const value = parseJson(text);
  if (!isObject(value)) throw refuse('The message is not a JSON object.');
  switch (value['type']) {
    case 'subscribe':
      return {
        type: 'subscribe',
        id: idOf(value),
        topic: topicOf(value),
        params: value['params'] ?? {},
        ...resumeOf(value),
      };
    case 'unsubscribe':
      return { type: 'unsubscribe', id: idOf(value) };
    case 'ping':
      return { type: 'ping', sentAtMs: numberOf(value, 'sentAtMs') };
    default:
      throw refuse('The message\'s "type" is none of subscribe, unsubscribe, ping.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse('The message is not JSON.');
  }
}

function topicOf(value: Readonly<Record<string, unknown>>): Topic {
  const topic = value['topic'];
  if (typeof topic === 'string' && Object.hasOwn(TOPICS, topic)) return topic as Topic;
  throw refuse(`The topic is none of ${Object.keys(TOPICS).join(', ')}.`);
}

function idOf(value: Readonly<Record<string, unknown>>): number {
  const id = value['id'];
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  throw refuse('The message\'s "id" is not a whole number from 0.');
}

function numberOf(value: Readonly<Record<string, unknown>>, name: string): number {
  const number = value[name];
  if (typeof number === 'number') return number;
  throw refuse(`The message's "${name}" is not a number.`);
}

/** A resume that cannot be read is left out: the client gets a snapshot, which is always right. */
function resumeOf(value: Readonly<Record<string, unknown>>): { resume?: Resume } {
  const resume = value['resume'];
  if (!isObject(resume)) return {};
  const { epoch, seq } = resume;
  if (typeof epoch !== 'string' || typeof seq !== 'number') return {};
  return { resume: { epoch, seq } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(message: string): TulleError {
  return new TulleError('invalid_argument', message);
}
