// Handlers for reeve.
//
//   import { handler, run } from 'reeve';
//
//   handler('image.resize', async (task) => {
//     const picture = await task.step('download', () => fetchPicture(task.payload.url));
//     task.progress({ percent: 50, label: 'resizing' });
//     return { file: await shrink(picture) };
//   });
//   run();
//
// The same program serves as `executor: process` and as `executor: worker`; a worker takes as many tasks at once as `parallel:` says.
export { Cancelled, Refused, Reject, Retry, Snooze } from './lib/errors.js';
export { handler } from './lib/registry.js';
export { run } from './lib/serve.js';
