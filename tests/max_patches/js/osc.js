// OSC as Max's udpsend and udpreceive speak it: whole numbers as i, others as f, text as s.
"use strict";

function text(value) {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}

function number(value) {
  const bytes = Buffer.alloc(4);
  if (Number.isInteger(value)) bytes.writeInt32BE(value); else bytes.writeFloatBE(value);
  return bytes;
}

function encode(address, args) {
  const tag = (arg) => (typeof arg === "string" ? "s" : Number.isInteger(arg) ? "i" : "f");
  const parts = args.map((arg) => (typeof arg === "string" ? text(arg) : number(arg)));
  return Buffer.concat([text(address), text("," + args.map(tag).join("")), ...parts]);
}

// [address, ...arguments]; a tag that Max does not read throws.
function decode(packet) {
  let at = 0;
  const string = () => {
    const end = packet.indexOf(0, at), found = packet.toString("utf8", at, end);
    at = end + 4 - (end % 4);
    return found;
  };
  const address = string(), tags = string().slice(1);
  const values = [...tags].map((tag) => {
    if (tag === "s") return string();
    at += 4;
    if (tag === "i") return packet.readInt32BE(at - 4);
    if (tag === "f") return packet.readFloatBE(at - 4);
    throw new Error("Max does not read the tag " + tag);
  });
  return [address, ...values];
}

module.exports = { decode, encode };
