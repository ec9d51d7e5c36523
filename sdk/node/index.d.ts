/** A moment: a Date, milliseconds since 1970, or RFC 3339 text. */
export type Moment = Date | number | string;
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export interface Progress {
  percent?: number;
  current?: number;
  total?: number;
  label?: string;
  meta?: unknown;
}

export interface Signal<Payload = any> {
  id: number;
  type: string;
  payload: Payload;
  sent_at: string;
}

export interface Ended {
  id: number;
  status: string;
}

export interface Task<Payload = any> {
  readonly id: number;
  readonly epoch: number;
  readonly kind: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly queue: string;
  readonly labels: Record<string, string>;
  /** By name, the units that it may use: { gpu: ['0'] } */
  readonly resources: Record<string, string[]>;
  readonly batch: number | null;
  readonly metadata: any;
  readonly payload: Payload;
  readonly traceparent?: string;
  /** Speaks for this attempt over REEVE_SOCKET. */
  readonly token?: string;
  /** Whether the task is to end now. */
  readonly cancelled: boolean;
  /** Aborted when the task is to end now; for fetch, timers, child processes. */
  readonly abortSignal: AbortSignal;
  /** The environment for programs this handler starts: `reeve step` and the like in them speak for this task. */
  readonly environment: Record<string, string>;

  /** Throws Cancelled when the task is to end. */
  checkCancelled(): void;
  /** How far it is. Throws Cancelled when the task is to end. */
  progress(progress: Progress): void;
  log(message: string, entry?: { level?: 'debug' | 'info' | 'warn' | 'error'; meta?: unknown }): void;
  /** A sign of life. */
  beat(): void;

  /** A part of the work whose output is stored once: a later attempt gets the output and does not do it again. */
  step<Output>(name: string, fn: () => Output | Promise<Output>, options?: { input?: unknown }): Promise<Output>;
  /** Waits without a process: unless the moment has come, this attempt ends here and a later one goes on. */
  sleep(wait: { seconds?: number; until?: Moment; name?: string }): Promise<void>;
  /** The next signal; null after `timeout` seconds. Waits without a process. */
  waitSignal<P = any>(wait?: { type?: string; timeout?: number; name?: string }): Promise<Signal<P> | null>;
  /** The oldest signal in the mailbox, or null. */
  takeSignal<P = any>(wanted?: { type?: string; name?: string }): Promise<Signal<P> | null>;
  /** When all (or any) of the tasks have ended; null after `timeout` seconds. Waits without a process. */
  waitTasks(ids: number[], wait?: { any?: boolean; timeout?: number; name?: string }): Promise<Ended[] | null>;
  /** Sends the signal "timer" to this task later. */
  timer(name: string, when: { at?: Moment; after?: number }): Promise<'set' | 'fires_now' | 'already_fired'>;
  cancelTimer(name: string): Promise<'cancelled' | 'already_fired' | 'unknown'>;
  /** A child task; gives its id. `options` are members of POST /v1/tasks. With a name a later attempt gets the same task again. */
  enqueue(kind: string, payload?: unknown, options?: { name?: string; [member: string]: unknown }): Promise<number>;
  /** A child task that is stored together with the success of this attempt, and only then. */
  enqueueStaged(kind: string, payload?: unknown, options?: { name?: string; [member: string]: unknown }): Promise<void>;
  /** Another task as it is now, as the API shows it. */
  get(id: number): Promise<any>;
}

/** Registers the handler of a kind; without a kind, of every kind that has none of its own. What it returns is the result. */
export function handler<Payload = any>(kind: string, fn: (task: Task<Payload>) => unknown): void;
export function handler<Payload = any>(fn: (task: Task<Payload>) => unknown): void;

/** Serves the registered handlers and ends the program. Call it last. */
export function run(): Promise<never>;

/** No other try would change it: the task fails for good. */
export class Reject extends Error {
  constructor(code: string, message?: string, detail?: unknown);
  readonly code: string;
}
/** It failed; try again at a moment, after some seconds, or when the retry policy says. */
export class Retry extends Error {
  constructor(message?: string, when?: { at?: Moment; after?: number; code?: string; detail?: unknown });
  readonly code: string;
}
/** Not now: the same try again, so many seconds from now. */
export class Snooze extends Error {
  constructor(seconds: number);
}
/** reeve understood what was asked and said no. */
export class Refused extends Error {
  readonly code: string;
}
/** The task is to end now. */
export class Cancelled extends Error {
  readonly reason: 'cancel' | 'timeout' | 'stalled' | 'shutdown' | 'lease_lost' | 'stopped';
}
