// The handlers under test, JavaScript: as plain_handlers.py.
import { spawnSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { Refused, Reject, Retry, Snooze, handler, run } from '../../sdk/node/index.js';

handler('echo', (task) => task.payload);
handler('about', (task) => ({
  id: task.id, kind: task.kind, attempt: task.attempt, max_attempts: task.maxAttempts, queue: task.queue, labels: task.labels, token: task.token,
}));
handler('fail', () => { throw new RangeError('boom'); });
handler('bad_result', () => { const loop = {}; loop.loop = loop; return loop; });
handler('reject', () => { throw new Reject('bad_input', 'no', { field: 'x' }); });
handler('retry', () => { throw new Retry('busy', { at: 1234500, code: 'http_503' }); });
handler('snooze', () => { throw new Snooze(1.5); });
handler('steps', async (task) => {
  const one = await task.step('one', () => ({ n: 1 }), { input: { of: 'one' } });
  return [one, await task.step('two', async () => one.n + 1)];
});
handler('numbered_step', (task) => task.step('numbered', () => { throw new DOMException('aborted', 'AbortError'); }));   // its code is 20
handler('bad_step', (task) => task.step('bad', () => null.x));
handler('nap', async (task) => {
  try {
    await task.sleep({ seconds: 3600, name: 'nap' });
  } catch (error) {
    return 'swallowed';
  }
  return 'rested';
});
handler('approval', async (task) => (await task.waitSignal({ type: 'approved', timeout: 60 }))?.payload);
handler('ask', async (task) => {
  const child = await task.enqueue('other', { n: 1 }, { name: 'first', priority: 3 });
  await task.enqueueStaged('other');
  const done = await task.waitTasks([child], { any: true, timeout: 2 });
  const taken = await task.takeSignal({ type: 'x' });
  return { child, done, taken, timer: await task.timer('t', { after: 1 }), gone: await task.cancelTimer('t'), other: (await task.get(child)).status };
});
handler('refused', async (task) => {
  try {
    await task.enqueue('unknown');
  } catch (error) {
    return error instanceof Refused ? error.code : 'other';
  }
});
handler('tell', async (task) => {
  task.progress({ percent: 40, label: 'half \u00e9' });
  task.progress({ current: 1, total: 2.5 });
  task.log('hello\n"there"', { level: 'warn', meta: { size: 12 } });
  task.beat();
  await task.sleep({ seconds: 0, name: 'gate' });
  return 'told';
});
handler('until_cancelled', async (task) => {
  await task.sleep({ seconds: 0, name: 'gate' });
  for (;;) {
    task.progress({ percent: 1 });
    await turn();
  }
});
handler('noise', () => {
  console.log('{"type":"result","value":"printed"}');
  const child = spawnSync('/bin/sh', ['-c', "echo '{}' >&3"], { stdio: ['ignore', 'ignore', 'ignore'] });
  return { child_could_speak: child.status === 0, fd_in_environment: 'REEVE_FD' in process.env };
});

run();
