// Ids made on the device. A page over plain http has no crypto.randomUUID, so they are built from
// random bytes. No DOM here.

/** Hexadecimal digits of bytes. */
const hexOf = (bytes) => Array.prototype.map.call(bytes, (b) => (b < 16 ? "0" : "") + b.toString(16)).join("");

/**
 * A UUID of version 7: 48 bits of time in front, so that ids of one device sort as they were made.
 * @param {number} ms epoch ms, whole or not
 * @param {(n: number) => Uint8Array} randomBytes
 * @returns {string}
 */
const uuid7 = (ms, randomBytes) => {
  const b = randomBytes(16);
  let rest = Math.max(0, Math.floor(ms));
  for (let i = 5; i >= 0; i--) {
    b[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  b[6] = 0x70 | (b[6] & 0x0f);
  b[8] = 0x80 | (b[8] & 0x3f);
  const h = hexOf(b);
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join("-");
};

/** The name of a new device: unique for each browser storage, kept there. */
const deviceName = (randomBytes) => "web-" + hexOf(randomBytes(4));
