// A task as its handler sees it. What is asked of reeve is awaited; what is told (progress, log, beat) is not.
import { Cancelled, Refused, Suspended } from './errors.js';
import { milliseconds, moment } from './moments.js';

export class Task {
  #channel;
  #address;
  #stop = new AbortController();
  #isOver = false;
  #isSuspended = false;

  constructor(channel, record) {
    this.#channel = channel;
    this.#address = { task: record.task, epoch: record.epoch };
    this.id = record.task;
    this.epoch = record.epoch;
    this.kind = record.kind;
    this.attempt = record.attempt ?? 1;
    this.maxAttempts = record.max_attempts ?? 1;
    this.queue = record.queue;
    this.labels = record.labels ?? {};
    this.resources = record.resources ?? {};   // by name, the units that it may use: { gpu: ['0'] }
    this.batch = record.batch ?? null;         // the number of the batch that it belongs to
    this.metadata = record.metadata ?? null;
    this.payload = record.payload ?? null;
    this.traceparent = record.traceparent;
    this.token = record.token;
  }

  // ------------------------------------------------------------------------------------------------ telling

  progress({ percent, current, total, label, meta }) {
    this.checkCancelled();
    this.#tell({ type: 'progress', percent, current, total, label, meta });
  }

  log(message, { level = 'info', meta } = {}) {
    this.#tell({ type: 'log', level, message: String(message), meta });
  }

  beat() {
    this.#tell({ type: 'beat' });
  }

  // ------------------------------------------------------------------------------------------------ asking

  async step(name, fn, { input } = {}) {
    const begun = await this.#ask({ type: 'step.begin', name, input });
    if (begun.done) return begun.output;
    let output;
    try {
      this.checkCancelled();
      output = settled(await fn());
    } catch (error) {
      await this.#failStep(name, error);
      throw error;
    }
    await this.#ask({ type: 'step.end', name, output });
    return output;
  }

  async sleep({ seconds, until, name }) {
    if ((seconds === undefined) === (until === undefined)) throw new TypeError('sleep takes one of seconds and until');
    await this.#ask({ type: 'sleep', name, ...(until === undefined ? { for_ms: milliseconds(seconds) } : { until: moment(until) }) });
  }

  async waitSignal({ type, timeout, name } = {}) {
    return (await this.#ask({ type: 'signal.wait', signal: type, timeout_ms: inMilliseconds(timeout), name })).signal ?? null;
  }

  async takeSignal({ type, name } = {}) {
    return (await this.#ask({ type: 'signal.take', signal: type, name })).signal ?? null;
  }

  async waitTasks(ids, { any = false, timeout, name } = {}) {
    const question = { type: 'wait_tasks', tasks: ids, mode: any ? 'any' : 'all', timeout_ms: inMilliseconds(timeout), name };
    return (await this.#ask(question)).tasks ?? null;
  }

  async timer(name, { at, after }) {
    if ((at === undefined) === (after === undefined)) throw new TypeError('a timer takes one of at and after');
    return (await this.#ask({ type: 'timer', name, ...(at === undefined ? { after_ms: milliseconds(after) } : { at: moment(at) }) })).timer;
  }

  async cancelTimer(name) {
    return (await this.#ask({ type: 'timer', name, cancel: true })).timer;
  }

  async enqueue(kind, payload, { name, ...options } = {}) {
    return (await this.#ask({ type: 'enqueue', enqueue: { kind, payload, ...options }, name })).task;
  }

  async enqueueStaged(kind, payload, { name, ...options } = {}) {
    await this.#ask({ type: 'enqueue', enqueue: { kind, payload, ...options }, staged: true, name });
  }

  async get(id) {
    const { re, ok, ...answer } = await this.#ask({ type: 'get', of: id });
    return typeof answer.task === 'object' ? answer.task : answer;
  }

  // ------------------------------------------------------------------------------------------------ being stopped

  get cancelled() {
    return this.#stop.signal.aborted;
  }

  get abortSignal() {
    return this.#stop.signal;
  }

  checkCancelled() {
    if (this.cancelled) throw this.#stop.signal.reason;
  }

  get environment() {
    const { REEVE_FD, REEVE_WORKER, REEVE_SCOREBOARD, ...inherited } = process.env;
    const own = {
      REEVE_TASK_ID: this.id, REEVE_EPOCH: this.epoch, REEVE_KIND: this.kind, REEVE_QUEUE: this.queue, REEVE_ATTEMPT: this.attempt,
      REEVE_MAX_ATTEMPTS: this.maxAttempts, REEVE_TOKEN: this.token, REEVE_LABELS: JSON.stringify(this.labels), TRACEPARENT: this.traceparent,
    };
    for (const [name, units] of Object.entries(this.resources)) own[`REEVE_RESOURCE_${name.toUpperCase()}`] = units.join(',');
    return { ...inherited, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)])) };
  }

  // ------------------------------------------------------------------------------------------------ for the kit

  // reeve said `cancel`, or a signal did. The first reason stays.
  _stop(reason) {
    if (!this.cancelled) this.#stop.abort(new Cancelled(reason));
  }

  // Once reeve has said that the attempt is to suspend, that is how it ends, even if the handler caught what said so.
  _end(terminal) {
    const message = this.#isSuspended ? { type: 'suspend' } : terminal;
    this.#tell(message);
    this.#isOver = true;
    return message;
  }

  #tell(message) {
    if (this.#isOver) throw new Error(`task ${this.id} has ended; nothing more can be said about it`);
    this.#channel.tell({ ...message, ...this.#address });
  }

  async #ask(message) {
    this.checkCancelled();
    return this.#askRegardless(message);
  }

  // A task that is stopped does not stay for the answer.
  async #askRegardless(message) {
    if (this.#isSuspended) throw new Suspended();
    const answering = this.#channel.ask({ ...message, ...this.#address });
    return this.#understand(this.cancelled ? await answering : await untilStopped(answering, this.abortSignal));
  }

  #understand(answer) {
    if (answer.cancel) this._stop('cancel');
    if (answer.error?.code === 'lease_lost') {
      this._stop('lease_lost');
      this.checkCancelled();
    }
    if (answer.error) throw new Refused(answer.error.code ?? 'error', answer.error.message);
    if (answer.suspend) {
      this.#isSuspended = true;
      throw new Suspended();
    }
    return answer;
  }

  // Tells the end of what was begun. An attempt that ends anyway needs no answer.
  async #failStep(name, error) {
    const message = { type: 'step.end', name, error: failure(error) };
    const answering = this.#isSuspended || this.cancelled ? this.#channel.ask({ ...message, ...this.#address }).catch(() => {}) : this.#askRegardless(message);
    if (!this.#isSuspended && !this.cancelled) await answering;
  }
}

function failure(error) {
  if (error instanceof Suspended) return { code: 'suspended', message: 'waits' };
  if (error instanceof Cancelled) return { code: 'cancelled', message: error.reason };
  return { code: String(error?.code ?? error?.name ?? 'Error'), message: String(error?.message ?? error) };
}

// As it will come back from the store, so that a first run and a replay see the same.
function settled(value) {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

const inMilliseconds = (seconds) => (seconds === undefined ? undefined : milliseconds(seconds));

function untilStopped(answering, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    answering.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
