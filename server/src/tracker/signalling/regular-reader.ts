/**
 * The messages of the usual clients, read in one pass: what `JSON.stringify` makes of an announce or
 * an answer. Session descriptions are nearly all that a message is made of, and go on to another
 * peer as they came: they are checked where they lie, never decoded. Whatever is unusual or wrong in
 * any way is left to `read-message`, which reads all JSON; a test compares the two.
 */
import type { AnnounceEvent } from '../announce';
import type { InfoHash } from '../info-hash';
import { bytesOf } from '../wire/byte-writer';
import { knownText } from '../wire/words';
import type { SignallingConfig } from './config';
import { EVENTS, NO_OFFERS } from './messages';
import type { AnnounceMessage, AnswerMessage, Offer, Passage } from './messages';
import { keysOf, StringScanner } from './string-scanner';

const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NULL = knownText('null');
const ANNOUNCE = knownText('"announce"');
const KNOWN_EVENTS = [...EVENTS].flatMap(([text, event]) =>
  typeof text === 'string' ? [{ text: knownText(JSON.stringify(text)), event }] : [],
);
const TYPES = { offer: knownText('"offer"'), answer: knownText('"answer"') };

const FIELDS = keysOf([
  ...(['action', 'info_hash', 'peer_id', 'to_peer_id', 'offer_id', 'event'] as const),
  ...(['left', 'downloaded', 'numwant', 'offers', 'answer'] as const),
]);
/** As clients write a description and what comes behind an offer; the fields may stand in another order. */
const DESCRIPTIONS = {
  offer: knownText('{"type":"offer","sdp":'),
  answer: knownText('{"type":"answer","sdp":'),
};
const OFFER = knownText('{"offer":');
const OFFER_ID = knownText(',"offer_id":');
const OFFER_FIELDS = keysOf(['offer', 'offer_id'] as const);
const DESCRIPTION_FIELDS = keysOf(['type', 'sdp'] as const);

interface Fields {
  isAnnounce: boolean;
  infoHash: string | null;
  peerId: string | null;
  toPeerId: string | null;
  offerId: string | null;
  event: AnnounceEvent | undefined;
  left: number;
  downloaded: number;
  numwant: number;
  offers: readonly Offer[] | null;
  /** With their names. */
  answer: Passage | null;
  offerIdField: Passage | null;
}

/** One for all messages. Its methods give `null`, -1 or false for what is left to the other reader. */
export class RegularReader {
  private readonly scanner = new StringScanner();
  private fields: Fields = noFields();

  constructor(private readonly config: Pick<SignallingConfig, 'maxOffers' | 'maxDescription'>) {}

  /** @param bytes a text message lies there from `from` to `to` */
  read(bytes: Buffer, from = 0, to = bytes.length): AnnounceMessage | AnswerMessage | null {
    const { scanner } = this;
    this.fields = noFields();
    scanner.open(bytes, from, to);
    if (!this.readMessage() || !scanner.isAtEnd() || !scanner.isUtf8(from)) return null;
    const { isAnnounce, infoHash, peerId, answer, event = 'none' } = this.fields;
    if (!isAnnounce || infoHash === null || peerId === null) return null;
    if (answer !== null) return this.answerOf(infoHash as InfoHash, answer, bytes, to);
    return {
      kind: 'announce',
      infoHash: infoHash as InfoHash,
      peerId,
      event,
      left: this.fields.left,
      downloaded: this.fields.downloaded,
      offers: this.chosenOffers(),
      source: bytes,
    };
  }

  private answerOf(
    infoHash: InfoHash,
    answer: Passage,
    bytes: Buffer,
    end: number,
  ): AnswerMessage | null {
    const { toPeerId, offerId, offerIdField } = this.fields;
    if (toPeerId === null || offerId === null || offerIdField === null) return null;
    const a = answer.from < offerIdField.from ? answer : offerIdField;
    const b = a === answer ? offerIdField : answer;
    // The two last fields, as clients write them, go on as they stand.
    if (a.to + 1 === b.from && b.to + 1 === end) {
      const { from } = a;
      return { kind: 'answer', infoHash, toPeerId, offerId, source: bytes, from, to: end };
    }
    const [first, second] = [a, b].map(({ from, to }) => bytes.toString('latin1', from, to));
    const source = bytesOf(`${first ?? ''},${second ?? ''}}`);
    const to = source.length;
    return { kind: 'answer', infoHash, toPeerId, offerId, source, from: 0, to };
  }

  private chosenOffers(): readonly Offer[] {
    const { offers, numwant } = this.fields;
    const count = Math.min(numwant, this.config.maxOffers);
    if (offers === null || count === 0) return NO_OFFERS;
    return offers.length <= count ? offers : offers.slice(0, count);
  }

  private readMessage(): boolean {
    const { scanner } = this;
    if (!scanner.skip(OPEN_OBJECT)) return false;
    do {
      if (!this.readField(scanner.position)) return false;
    } while (scanner.skip(COMMA));
    return scanner.skip(CLOSE_OBJECT);
  }

  private readField(from: number): boolean {
    const { scanner, fields } = this;
    const key = scanner.readKey(FIELDS);
    switch (key) {
      case null:
        return false;
      case 'action':
        return (fields.isAnnounce = scanner.skipText(ANNOUNCE));
      case 'info_hash':
        return (fields.infoHash = scanner.readBytes20()) !== null;
      case 'peer_id':
        return (fields.peerId = scanner.readBytes20()) !== null;
      case 'to_peer_id':
        return (fields.toPeerId = scanner.readBytes20()) !== null;
      case 'offer_id':
        fields.offerId = scanner.readBytes20();
        fields.offerIdField = { from, to: scanner.position };
        return fields.offerId !== null;
      case 'answer':
        if (fields.answer !== null || !this.skipDescription('answer')) return false;
        fields.answer = { from, to: scanner.position };
        return true;
      case 'offers':
        return (fields.offers = this.readOffers()) !== null;
      default:
        return this.readScalar(key);
    }
  }

  private readScalar(key: 'event' | 'left' | 'downloaded' | 'numwant' | ''): boolean {
    const { scanner, fields } = this;
    switch (key) {
      case 'event':
        return (fields.event = this.readEvent()) !== undefined;
      case 'left':
        // Infinity, for a magnet link without metadata, is null in JSON.
        fields.left = scanner.skipText(NULL) ? Infinity : scanner.readAmount();
        return fields.left >= 0;
      case 'downloaded':
        return (fields.downloaded = scanner.readAmount()) >= 0;
      case 'numwant':
        return (fields.numwant = scanner.readAmount()) >= 0;
      case '':
        // Of no interest, and harmless: `uploaded`, `corrupt`, `key`.
        return scanner.readAmount() >= 0 || scanner.skipString() >= 0;
    }
  }

  private readEvent(): AnnounceEvent | undefined {
    for (const { text, event } of KNOWN_EVENTS) if (this.scanner.skipText(text)) return event;
    return undefined;
  }

  private readOffers(): Offer[] | null {
    const { scanner } = this;
    const offers: Offer[] = [];
    if (!scanner.skip(OPEN_LIST)) return null;
    if (scanner.skip(CLOSE_LIST)) return offers;
    do {
      const offer = this.readOffer();
      if (offer === null || offers.length === this.config.maxOffers) return null;
      offers.push(offer);
    } while (scanner.skip(COMMA));
    return scanner.skip(CLOSE_LIST) ? offers : null;
  }

  private readOffer(): Offer | null {
    const { scanner } = this;
    const from = scanner.position + 1;
    if (!scanner.skipText(OFFER)) return this.readUnusualOffer();
    if (!this.skipDescription('offer') || !scanner.skipText(OFFER_ID)) return null;
    const id = scanner.readBytes20();
    if (id === null || !scanner.skip(CLOSE_OBJECT)) return null;
    return { id, from, to: scanner.position };
  }

  /** Not one of those that begin with the description. */
  private readUnusualOffer(): Offer | null {
    const { scanner } = this;
    if (!scanner.skip(OPEN_OBJECT)) return null;
    const from = scanner.position;
    let id: string | null = null;
    let isDescribed = false;
    do {
      const key = scanner.readKey(OFFER_FIELDS);
      if (key === 'offer' && !isDescribed) isDescribed = this.skipDescription('offer');
      else if (key === 'offer_id' && id === null) id = scanner.readBytes20();
      else return null; // what is there twice is passed on twice
      if (key === 'offer' ? !isDescribed : id === null) return null;
    } while (scanner.skip(COMMA));
    if (!scanner.skip(CLOSE_OBJECT) || id === null || !isDescribed) return null;
    return { id, from, to: scanner.position };
  }

  /** @returns whether there was one that may be passed on */
  private skipDescription(type: 'offer' | 'answer'): boolean {
    const { scanner } = this;
    if (scanner.skipText(DESCRIPTIONS[type])) {
      return this.mayPass(scanner.skipString()) && scanner.skip(CLOSE_OBJECT);
    }
    let isOfType = false;
    let length = 0;
    if (!scanner.skip(OPEN_OBJECT)) return false;
    do {
      const key = scanner.readKey(DESCRIPTION_FIELDS);
      if (key === 'type' && !isOfType) isOfType = scanner.skipText(TYPES[type]);
      else if (key === 'sdp' && length === 0) length = scanner.skipString();
      else return false;
      if (key === 'type' ? !isOfType : length < 1) return false;
    } while (scanner.skip(COMMA));
    return scanner.skip(CLOSE_OBJECT) && isOfType && this.mayPass(length);
  }

  /** @param length of a session description */
  private mayPass(length: number): boolean {
    return length > 0 && length <= this.config.maxDescription;
  }
}

function noFields(): Fields {
  return {
    isAnnounce: false,
    infoHash: null,
    peerId: null,
    toPeerId: null,
    offerId: null,
    event: undefined,
    left: Infinity,
    downloaded: 0,
    numwant: Infinity,
    offers: null,
    answer: null,
    offerIdField: null,
  };
}
