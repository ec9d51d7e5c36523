// What a handler may throw to say how its task ends, and what the kit throws in it.

export class Reject extends Error {
  constructor(code, message = '', detail = undefined) {
    super(message);
    Object.assign(this, { name: 'Reject', code, detail });
  }
}

export class Retry extends Error {
  constructor(message = '', { at, after, code = 'retry', detail } = {}) {
    super(message);
    Object.assign(this, { name: 'Retry', code, at, after, detail });
  }
}

export class Snooze extends Error {
  constructor(seconds) {
    super(`again in ${seconds} s`);
    Object.assign(this, { name: 'Snooze', seconds });
  }
}

export class Refused extends Error {
  constructor(code, message = '') {
    super(message ? `${code}: ${message}` : code);
    Object.assign(this, { name: 'Refused', code });
  }
}

export class Cancelled extends Error {
  constructor(reason = 'cancel') {
    super(`stopped: ${reason}`);
    Object.assign(this, { name: 'Cancelled', code: 'cancelled', reason });
  }
}

// What the task waits for is not there yet. JavaScript has no errors that `catch` lets through, so the task remembers as well.
export class Suspended extends Error {
  constructor() {
    super('the task waits; this attempt ends');
    this.name = 'Suspended';
  }
}

export class Disconnected extends Error {
  constructor() {
    super('reeve has closed the channel');
    this.name = 'Disconnected';
  }
}
