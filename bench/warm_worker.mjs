// A warm worker that does nothing.
import { handler, run } from "../sdk/node/index.js";

handler('Node', async () => null);
run();
