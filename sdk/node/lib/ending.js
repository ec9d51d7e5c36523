// How an attempt ends, as a terminal message: from a value that was returned or from what was thrown.
import { Cancelled, Reject, Retry, Snooze, Suspended } from './errors.js';
import { fromNow, milliseconds, moment } from './moments.js';

const stackMax = 16 << 10;

export function ofValue(value) {
  try {
    JSON.stringify(value);
  } catch (error) {
    return { type: 'error', code: 'bad_result', message: `the result of the handler is not JSON: ${error.message}` };
  }
  return { type: 'result', value: value ?? null };
}

export function ofError(error) {
  if (error instanceof Suspended) return { type: 'suspend' };
  if (error instanceof Snooze) return { type: 'snooze', for_ms: milliseconds(error.seconds) };
  if (error instanceof Cancelled) return { type: 'error', code: 'cancelled', message: error.message };
  if (error instanceof Reject) return { type: 'reject', code: error.code, message: error.message, detail: plain(error.detail) };
  if (error instanceof Retry) {
    const at = error.at !== undefined ? moment(error.at) : error.after !== undefined ? fromNow(error.after) : undefined;
    return { type: 'error', code: error.code, message: error.message, detail: plain(error.detail), retry_at: at };
  }
  if (error instanceof Error) {
    return { type: 'error', code: String(error.code ?? error.name), message: error.message, detail: { stack: String(error.stack).slice(0, stackMax) } };
  }
  return { type: 'error', code: 'thrown', message: String(error) };
}

function plain(detail) {
  try {
    return detail === undefined ? undefined : JSON.parse(JSON.stringify(detail));
  } catch {
    return String(detail);
  }
}
