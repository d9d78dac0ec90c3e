// An OSCQuery client of somebody else's, https://www.npmjs.com/package/oscquery: what it understands, as JSON.
// node oscquery_client.js PORT
const { OSCQueryDiscovery } = require("oscquery");

async function main(port) {
  const service = await new OSCQueryDiscovery().queryNewService("127.0.0.1", port);
  const nodes = {};
  for (const method of service.flat()) {
    nodes[method.full_path] = { description: method.description, access: method.access, args: method.arguments };
  }
  const done = service.resolvePath("/job/done");
  console.log(JSON.stringify({ host: service.hostInfo, nodes, done: [done.getValue(0), done.getValue(1)] }));
}

main(Number(process.argv[2])).catch((error) => {
  console.error(error);
  process.exit(1);
});
