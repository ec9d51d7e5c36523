// Moments and durations as people write them, and as the protocol wants them: whole milliseconds.
export const milliseconds = (seconds) => Math.max(0, Math.round(seconds * 1000));
export const moment = (at) => (at instanceof Date ? at.getTime() : typeof at === 'number' ? Math.round(at) : at);
export const fromNow = (seconds) => Date.now() + milliseconds(seconds);
