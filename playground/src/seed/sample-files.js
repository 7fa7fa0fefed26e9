'use strict';

const { createCipheriv, createHash } = require('node:crypto');

/** Bytes that look random and are the same at every call. */
exports.noise = (name, size) => {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
};

/** A WAV file: mono, 16 bit, 22.05 kHz, a chord that fades in and out every second. */
exports.tone = (seconds) => {
  const rate = 22_050;
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let n = 0; n < seconds * rate; n += 1) {
    const time = n / rate;
    const chord = [220, 277.18, 329.63].map((hertz) => Math.sin(2 * Math.PI * hertz * time));
    const volume = 0.2 * Math.abs(Math.sin(Math.PI * time));
    const level = chord.reduce((sum, value) => sum + value, 0) * volume;
    samples.writeInt16LE(Math.round(level * 16_000), n * 2);
  }
  return Buffer.concat([wavHeader(samples.length, rate), samples]);
};

function wavHeader(size, rate) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + size, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // mono
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(size, 40);
  return header;
}
