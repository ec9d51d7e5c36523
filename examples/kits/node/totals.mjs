// Adds up a column of a CSV file by another one: {"table": "harvest.csv", "label": "crop", "value": "tonnes"}.
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Reject, handler, run } from '../../../sdk/node/index.js';

async function addUp(task, table, label, value) {
  const size = statSync(table).size;
  const totals = {};
  let columns = null;
  let read = 0;
  for await (const line of createInterface({ input: createReadStream(table, { signal: task.abortSignal }) })) {
    read += Buffer.byteLength(line) + 1;
    const cells = line.split(',');
    if (columns === null) {
      columns = { label: cells.indexOf(label), value: cells.indexOf(value) };
      if (columns.label < 0 || columns.value < 0) throw new Reject('bad_column', `${table} has no column ${columns.label < 0 ? label : value}`);
      continue;
    }
    totals[cells[columns.label]] = (totals[cells[columns.label]] ?? 0) + Number(cells[columns.value]);
    if (read % 4096 < 64) task.progress({ current: read, total: size, label: 'reading' });
  }
  return totals;
}

handler('table.totals', async (task) => {
  const { table, label, value } = task.payload ?? {};
  if (!table || !label || !value) throw new Reject('bad_payload', 'the payload is {"table": FILE, "label": COLUMN, "value": COLUMN}');
  const totals = await task.step('add up', () => addUp(task, table, label, value), { input: task.payload });
  const [largest] = Object.entries(totals).sort(([, a], [, b]) => b - a)[0] ?? [null];
  task.progress({ percent: 100 });
  return { totals, largest };
});

run();
