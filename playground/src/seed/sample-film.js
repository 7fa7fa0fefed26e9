'use strict';

/**
 * A WebM file that is made on the spot: two seconds of VP8, encoded once (a ball that goes round), are put
 * one after the other as often as it takes. Each round begins with a key frame and stands in the
 * cues, so that a player can jump to it.
 */

const WIDTH = 160;
const HEIGHT = 90;
const FRAME_MS = 100;

/** Base64, one VP8 frame each, the first a key frame. */
const FRAMES = [
  'sAcAnQEqoABaAAdHCIWFiJmEiCcCAyi+vCHvvrsbB2bB2bB2bB2bB2bBsS/W6RauC5car7MioaQ3knPRvC3f+D9Yoj5EmID+4uC/7g8QeIKkHuG5ACaDKBhbo0blLJSqJXWM4imp96P5ipC99fdD0IlYfP+FRmYHSPzKIdxajBHeayjMiUjJAAgcOap8WRO5MrdJIvrb7pKOm8urK7iOva+7K2NFmRWclsGNFMoQ8bVqHRnqyJpiWSUXdgHvMlI9P9HWMCK+IAA=',
  '8QQAHRHAABgAGRH/9AAGKx48ePHjx48ePkLg/yqSUorDOI1t+WWzPLdA/tSZfbxwW/9MgA==',
  '0QQAHxGkABgAGXZh/+gLcqVVP/Uqn/9YqysvHMOGoIYtfeIHKJ+yqQD+2ib/FCwiiALcMgA=',
  'EQUAHxF8ABgAGk2L9+gSwd3ju8d3ju8d2kPfnXBdyInAVeHnlZSlxEbRAP7fgD+1Ox+776m97IdafK8GiAA=',
  'sQQAGRFcABgAGXWP9AALEU8n0n5Pq39BRFdHzlNZg59WvHpH0rCEgP7guX/V3bHna1BLgR/ZTmB0AGekAAA=',
  'sQQAGRE4AB7GcAv2yTqgCmYO8SHeJDucADiXvZ9Dr6LoNGgi0d4jYP7ix4/6r7YdsJNN9MPjDdOSWxTeQ9+B5hqHOsWXe2WEnRXX1wAA',
  '8QQAGxEcABr73AFX+LdmAVTlcS4lbuA0oyHwZ97W8UAZ9nSArZXEuJYA/uT1X/8EF6YfiCtH5xvSv8EiB1BSy9lE2yGFfwAIxWNSuofhQNZlPZQA',
  'UQQAGxEAABgTrPjAQGpmv9AB4pDwB2c1xga285hVjWAZhyeY0P7K99f32f9gH4//f8CWf/W4nr/Mv/J84vb/+vrnwr+IAfWHT39TmBwhdhBdkmAA3wZsAE5qAxMNEU9VZ6hXQZtI4u/8GZ/vLc4v2Oz+1McXxTsw/C73XABDLAGAAAqAAA==',
  'EQMAGxHAFGtgkAT2iZ2YBk2CgKe8hAvreDAA/mbDRbdZkuNt1PTBnKYp7SFALRPL7pS8WfGfTwA=',
  '0QMAGxD0ABr73NhNAa+C/0AFhfTsVDID/ZZH7ryckhzg/uTp/mX/5TP/b3y25/HYf/IjCaj//MG/w+cTuo6b/+99Kav/+f+ax7yPeyiysnPT3VHXy7u/2//9//t75g1+77//TkQ94dq9j/2Hm3FKYybDi3I0T/U56/bM6eQ8o97ut/1siBPIkWy/AGwAiNwg94Bx8geECn9xCBeIAA==',
  '8QMAGxDwABgTgDyQADUyb+gA2YyiDAwLvsbx/l9Fv4MpwP7oI//v//V//9LnPaP+df0isZX+6iyhdD9n7JXXqfYfJrCfKf+ZugJ4n35+Y0v9Zz5uZoqEH/Vf/5H/6HX2fn9H/Lrsk8D/CMVXynkPsldfhttxyUYz/368f39XTjHENoDvYrNI8qrPEXB8fwy8WQ6sPjSdtLTP77gamen73Ct9K1tIAoPCGlhQAA==',
  'EQQAGxDsABgR4D/gAGCeL9QBrxav0glA+moubhqjekQCFgD+4aP++//pz/+3vzNf/Wfd+d2NvMhPf518LXkcgP/2awnTf/J21PuOfnf5vVB1JYuWJwuDwm794X+sP/pRrzaj/hfdJ2FjBn7bCOX/M19FkYB///2AUd3//9gE+n/v3Hh+GZ5sjO+3HKn/tj+lpkDcLzPE9AHeKYf0E/kw32qQrB3nAAA=',
  'UQQAGxDoABrwDAFSTItmCbNia+4YMXlHWlC8DovZ6f7K1DiioP3/bt8yskGc76Pd71Nybo/vkM+bQRDs/SRGGq1lw6wNw1/3Zv1/x6qjz9Umoz+1Txxeg+caxmHqDZ8TncIRov/7AO+v+b4HN0KHqYF+GQ0wDRZReSg6WAAQBoiMPAAb/TH8XeLwALIA',
  'sQUAGxDgABjsNwmP8I2BD8EARkrGjHEH1JLguNUFRYmGnAJOsdGaKy1sjVueWy4g/uldP/+Sn/KL9EOtPzt+JR/of4iHiY/5cn/mM815rleTzdb/5/9sZHqssHHqXe2pn3L/N4Wnynh037nnNegn6YlhlMw3OKNXqLbwSNkmsRzd3nZgBUTwBiTVSqKI8yUDNo1SU4Igsp6ACyAA',
  'EQUAGxDcABgAGwU39AAPMwXLyUp78rKdyB79+wh8HXH1KTy18ydTgs1XgP7p4qf/kp/yi/RDrT84oHHzNx5RIlDYLMU9aLBEXl1kcYIvcCOQZRQAGmlTjVgA',
  'sQQAHRHAFGAAYrTf0AAI/bm3Nubc3sZ3UP1TkvMnTddzvk4mn66BSP7UUX8XRnGSQAA=',
  '0QUAHxDAABgR/+AzXUvqAEEQdkM9HY+Bp0XnneT4uz/LdXA4M/oyvpcQFDuQ+z0pAP7rh6v/zNH98n7DePudgBCwsAOlm3PstWOand6OYIRdD6McoZG6312M7dRosl1Htk55LxRMBmV4AhApoBd5sAf7z6UFqnOM3LeqZA8DFWC+F6LZOedVVAA=',
  'MQUAHxCwABgEPbBpkCDRgEsYPGmDxpg8QOdeCeOBcaxUD3oDhloYXwcfRgD+7GqD/89M/6J/1t7E5yNI6FFzqz8c3OMl1cXlxH2tudaWLRjGm2DHQ7ZvL0SfDkeDnaFiC7sBQ1XS69f+6JhwMJlISaYtAAA=',
  '0QQAHxCgABgAGqkn9AARye973ve973ve9uU0zi8tV0DUD4kcgbGK8CD+7UgT/9Js/+Js/+Js+SROBzoUtnpzEtOlT2CI8YsRG2qBkujv/PBrtWF94B0zeZRNeGceSqmOtHY+wI7ldvI1iRyqjTaLqqumrgOmLIgg1YXt74AA',
  'MQUAHxCUABgT38BbaHvXgEXhDYy1rfCue++QM/6rmVrW9765MBNpVn3PgcD+7gWb/9QZ/+QZ/+QZ+qlawEXVnVWyfJaWQiCu6pZPapR8vkQBobU+xzEYO3nwx8Ww/ZdBmLShyIzNkBZ2KU9ABZUfBji46H1zMUSFcaKy2Ki3sKkPhgAA',
].map((frame) => Buffer.from(frame, 'base64'));

const ROUND_MS = FRAMES.length * FRAME_MS;

/** EBML: an id, the size in eight bytes, the contents. */
function element(id, ...contents) {
  const body = Buffer.concat(contents);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(body.length) | (1n << 56n));
  return Buffer.concat([Buffer.from(id, 'hex'), size, body]);
}

function uint(id, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return element(id, bytes);
}

function float(id, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, bytes);
}

const text = (id, value) => element(id, Buffer.from(value));

function simpleBlock(frame, index) {
  const head = Buffer.alloc(4);
  head[0] = 0x81; // track 1
  head.writeInt16BE(index * FRAME_MS, 1);
  head[3] = index === 0 ? 0x80 : 0; // key frame
  return element('a3', head, frame);
}

const cluster = (round) =>
  element('1f43b675', uint('e7', round * ROUND_MS), ...FRAMES.map(simpleBlock));

function cues(positions) {
  const points = positions.map((position, round) =>
    element('bb', uint('b3', round * ROUND_MS), element('b7', uint('f7', 1), uint('f1', position))),
  );
  return element('1c53bb6b', ...points);
}

/** A silent film of `seconds` (a multiple of two), 160 by 90. */
exports.film = (seconds) => {
  const rounds = Array.from({ length: (seconds * 1000) / ROUND_MS }, (_, round) => cluster(round));
  const info = element(
    '1549a966',
    uint('2ad7b1', 1_000_000), // times are in milliseconds
    float('4489', seconds * 1000),
    text('4d80', 'playground'),
    text('5741', 'playground'),
  );
  const track = element(
    'ae',
    uint('d7', 1),
    uint('73c5', 1),
    uint('83', 1), // video
    text('86', 'V_VP8'),
    element('e0', uint('b0', WIDTH), uint('ba', HEIGHT)),
  );
  const head = Buffer.concat([info, element('1654ae6b', track)]);
  // Positions count from the first byte in the segment; how long the cues are does not depend on them.
  let position = head.length + cues(rounds.map(() => 0)).length;
  const positions = rounds.map(({ length }) => {
    const start = position;
    position += length;
    return start;
  });
  const ebml = element(
    '1a45dfa3',
    uint('4286', 1),
    uint('42f7', 1),
    uint('42f2', 4),
    uint('42f3', 8),
    text('4282', 'webm'),
    uint('4287', 2),
    uint('4285', 2),
  );
  return Buffer.concat([ebml, element('18538067', head, cues(positions), ...rounds)]);
};
