// What a device says when something is wrong at a real bridge: `node trouble.js PORT TASK [FILE]`. TASK is the number
// in the device's menu, FILE the sound to edit. Prints what it says in the end, as JSON.
"use strict";
const { open, render } = require("./connected.js");
const { Live } = require("./live_imitation.js");

async function main() {
  const [bridge, task, file] = process.argv.slice(2);
  const device = await open(Number(bridge), { live: new Live() });
  device.message("prompt", "text", "A4");
  if (file) device.message("drop", file);
  device.message("task", Number(task));
  const end = await render(device);
  device.close();
  console.log(JSON.stringify(end));
}

main().catch((error) => { console.error(error); process.exit(1); });
