// The handlers of this program, by kind.
const handlers = new Map();
const anyKind = Symbol('any kind');

export function handler(kind, fn) {
  const [name, body] = typeof kind === 'function' ? [anyKind, kind] : [kind, fn];
  if (typeof body !== 'function') throw new TypeError(`the handler of ${String(kind)} is no function; write handler('the.kind', async (task) => ...)`);
  if (handlers.has(name)) throw new Error(`${String(name)} has a handler already`);
  handlers.set(name, body);
}

export const handlerOf = (kind) => handlers.get(kind) ?? handlers.get(anyKind);
export const kinds = () => [...handlers.keys()].filter((kind) => kind !== anyKind).sort();
