// The stream socket between reeve and this process: whole messages in, whole messages out.
import { Socket } from 'node:net';
import { Disconnected } from './errors.js';

// Half a surrogate pair is no character, in UTF-8 and for reeve: it becomes U+FFFD. (JSON.stringify escapes such halves and no other.)
function line(message) {
  const text = JSON.stringify(message);
  const whole = text.includes('\\ud') ? text.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found.length === 2 ? found : '\\ufffd')) : text;
  return whole + '\n';
}

export class Channel {
  // `hear` gets each message that answers nothing; `gone` is called once, when reeve is.
  constructor(fd, hear, gone) {
    this.hear = hear;
    this.questions = new Map();
    this.number = 0;
    this.half = '';
    this.out = '';
    this.isOpen = true;
    this.socket = new Socket({ fd, readable: true, writable: true });
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text) => this.take(text));
    this.socket.on('error', () => {});       // `close` follows
    this.socket.on('close', () => this.end(gone));
    this.socket.on('end', () => this.socket.destroy());
  }

  // Everything that is said in one turn of the loop goes out in one write.
  tell(message) {
    const text = line(message);
    if (this.out === '') setImmediate(() => this.flush());
    this.out += text;
  }

  ask(message) {
    if (!this.isOpen) return Promise.reject(new Disconnected());
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      this.tell({ ...message, id });
      this.questions.set(id, { resolve, reject });
    });
  }

  // Gives a promise of the moment when all that was said is with the kernel.
  close() {
    this.flush();
    return new Promise((resolve) => (this.isOpen ? this.socket.end(resolve) : resolve()));
  }

  flush() {
    const out = this.out;
    this.out = '';
    if (out !== '' && this.isOpen) this.socket.write(out);
  }

  take(text) {
    const last = text.lastIndexOf('\n');
    if (last < 0) {
      this.half += text;
      return;
    }
    const lines = (this.half + text.slice(0, last)).split('\n');
    this.half = text.slice(last + 1);
    for (const line of lines) this.understand(line);
  }

  // What is no message is left alone.
  understand(line) {
    let message;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    if (message === null || typeof message !== 'object' || Array.isArray(message)) return;
    if (!('re' in message)) {
      this.hear(message);
      return;
    }
    const question = this.questions.get(message.re);
    this.questions.delete(message.re);
    question?.resolve(message);
  }

  end(gone) {
    this.isOpen = false;
    for (const { reject } of this.questions.values()) reject(new Disconnected());
    this.questions.clear();
    gone();
  }
}
