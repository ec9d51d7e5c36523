// `run()`: finds out how this program was started, and serves that way: one task, or task after task, several at once.
import { readFileSync } from 'node:fs';
import { Channel } from './channel.js';
import { Disconnected } from './errors.js';
import { ofError, ofValue } from './ending.js';
import { handlerOf, kinds } from './registry.js';
import { Task } from './task.js';

const exitCodes = { result: 0, snooze: 0, suspend: 0, reject: 65, error: 1 };      // what was said counts; these are for people and shells

export async function run() {
  const fd = takeOver();
  process.exit(await (process.env.REEVE_WORKER === '1' ? serveWorker(fd) : serveProcess(fd)));
}

// Node closes descriptors to children; the name of this one means nothing to them.
function takeOver() {
  const fd = Number(process.env.REEVE_FD);
  delete process.env.REEVE_FD;
  if (!Number.isInteger(fd) || fd < 3) throw new Error('REEVE_FD names no descriptor: this program is started by reeve, see docs/guides/kits.md');
  return fd;
}

// The terminal message of one attempt; null when there is nobody to hear it.
async function attend(task) {
  const body = handlerOf(task.kind);
  if (!body) {
    return task._end({ type: 'error', code: 'no_handler', message: `this program has no handler for ${task.kind}; it has ${kinds().join(', ') || 'none'}` });
  }
  try {
    return task._end(ofValue(await body(task)));
  } catch (error) {
    return error instanceof Disconnected ? null : task._end(ofError(error));
  }
}

async function serveProcess(fd) {
  const task = new Task({ tell: (message) => channel.tell(message), ask: (message) => channel.ask(message) }, record());
  const channel = new Channel(fd, (message) => { if (message.type === 'cancel') task._stop(message.reason ?? 'cancel'); }, () => {});
  process.on('SIGTERM', () => task._stop('stopped'));
  const terminal = await attend(task);
  const isHeard = terminal !== null && channel.isOpen;       // a handler may have caught that reeve is gone
  await channel.close();
  if (!isHeard) process.stderr.write('reeve has closed the channel\n');
  return isHeard ? exitCodes[terminal.type] : 75;
}

function serveWorker(fd) {
  return new Promise((resolve) => {
    const running = new Map();                       // "task:epoch" -> Task
    let isEnding = false;
    const key = (message) => `${message.task}:${message.epoch}`;
    const look = () => { if (isEnding && running.size === 0) channel.close().then(() => resolve(0)); };
    const end = () => { isEnding = true; look(); };
    const stopAll = (reason) => { for (const task of running.values()) task._stop(reason); };

    const begin = async (message) => {
      const task = new Task(channel, message);
      running.set(key(message), task);
      await attend(task);
      running.delete(key(message));
      look();
    };
    const hear = (message) => {
      if (message.type === 'task') begin(message);
      else if (message.type === 'shutdown') end();
      else if (message.type === 'cancel' && message.task === undefined) stopAll(message.reason ?? 'cancel');
      else if (message.type === 'cancel') running.get(key(message))?._stop(message.reason ?? 'cancel');
    };
    const channel = new Channel(fd, hear, () => { stopAll('lease_lost'); end(); });
    process.on('SIGTERM', end);
    channel.tell({ type: 'ready' });
  });
}

// The task of this process, as a worker would get it in a `task` message.
function record() {
  const environment = process.env;
  const number = (text) => (text ? Number(text) : undefined);
  const json = (text) => (text ? JSON.parse(text) : undefined);
  const prefix = 'REEVE_RESOURCE_';
  const resources = Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith(prefix))
    .map(([name, units]) => [name.slice(prefix.length).toLowerCase(), units.split(',')]));
  return {
    resources, task: number(environment.REEVE_TASK_ID), epoch: number(environment.REEVE_EPOCH), kind: environment.REEVE_KIND,
    attempt: number(environment.REEVE_ATTEMPT), max_attempts: number(environment.REEVE_MAX_ATTEMPTS), queue: environment.REEVE_QUEUE,
    batch: environment.REEVE_BATCH_ID ? number(environment.REEVE_BATCH_ID) : undefined,
    labels: json(environment.REEVE_LABELS), metadata: json(environment.REEVE_METADATA), traceparent: environment.TRACEPARENT,
    token: environment.REEVE_TOKEN, payload: json(readFileSync(environment.REEVE_PAYLOAD_FILE || 0, 'utf8')),
  };
}
