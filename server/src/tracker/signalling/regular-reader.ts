/**
 * The messages of the usual clients, read in one pass: what `JSON.stringify` makes of an announce or
 * an answer. Session descriptions are nearly all that a message is made of, and go on to another
 * peer as they came: they are checked and cut out, never decoded. Whatever is unusual or wrong in
 * any way is left to `read-message`, which reads all JSON; a test compares the two.
 */
import type { AnnounceEvent } from '../announce';
import type { InfoHash } from '../info-hash';
import type { SignallingConfig } from './config';
import { EVENTS, NO_OFFERS } from './messages';
import type { AnnounceMessage, AnswerMessage, Offer } from './messages';
import { StringScanner } from './string-scanner';

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** As many as a number holds exactly. */
const MAX_DIGITS = 15;

interface Fields {
  action: string | null;
  infoHash: string | null;
  peerId: string | null;
  toPeerId: string | null;
  offerId: string | null;
  offerIdJson: string;
  event: AnnounceEvent | undefined;
  left: number;
  downloaded: number;
  numwant: number;
  offers: readonly Offer[] | null;
  answer: string | null;
}

/** One for all messages. Its methods give `null`, -1 or false for what is left to the other reader. */
export class RegularReader {
  private readonly scanner = new StringScanner();
  private fields: Fields = noFields();

  constructor(private readonly config: Pick<SignallingConfig, 'maxOffers' | 'maxDescription'>) {}

  /** @param data a text message, valid UTF-8 */
  read(data: Buffer): AnnounceMessage | AnswerMessage | null {
    const { scanner } = this;
    this.fields = noFields();
    scanner.open(data);
    if (!this.readMessage() || !scanner.isAtEnd()) return null;
    const { action, infoHash, peerId, answer, event = 'none' } = this.fields;
    if (action !== 'announce' || infoHash === null || peerId === null) return null;
    if (answer !== null) return this.answerOf(infoHash as InfoHash, answer);
    const { left, downloaded } = this.fields;
    const offers = this.chosenOffers();
    const ids = { infoHash: ownCopy(infoHash) as InfoHash, peerId: ownCopy(peerId) };
    return { kind: 'announce', ...ids, event, left, downloaded, offers };
  }

  private answerOf(infoHash: InfoHash, sdp: string): AnswerMessage | null {
    const { toPeerId, offerId, offerIdJson } = this.fields;
    if (toPeerId === null || offerId === null) return null;
    return { kind: 'answer', infoHash, toPeerId, offerId, offerIdJson, sdp };
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
      const key = scanner.readPlain();
      if (key === null || !scanner.skip(COLON) || !this.readField(key)) return false;
    } while (scanner.skip(COMMA));
    return scanner.skip(CLOSE_OBJECT);
  }

  private readField(key: string): boolean {
    const { scanner, fields } = this;
    switch (key) {
      case 'info_hash':
        return (fields.infoHash = scanner.readBytes20()) !== null;
      case 'peer_id':
        return (fields.peerId = scanner.readBytes20()) !== null;
      case 'to_peer_id':
        return (fields.toPeerId = scanner.readBytes20()) !== null;
      case 'offer_id':
        fields.offerId = scanner.readBytes20();
        fields.offerIdJson = scanner.json;
        return fields.offerId !== null;
      case 'answer':
        return (fields.answer = this.readDescription('answer')) !== null;
      case 'offers':
        return (fields.offers = this.readOffers()) !== null;
      default:
        return this.readScalar(key);
    }
  }

  private readScalar(key: string): boolean {
    const { scanner, fields } = this;
    switch (key) {
      case 'action':
        return (fields.action = scanner.readPlain()) !== null;
      case 'event':
        return (fields.event = EVENTS.get(scanner.readPlain() ?? NaN)) !== undefined;
      case 'left':
        // Infinity, for a magnet link without metadata, is null in JSON.
        fields.left = scanner.skipNull() ? Infinity : this.readAmount();
        return fields.left >= 0;
      case 'downloaded':
        return (fields.downloaded = this.readAmount()) >= 0;
      case 'numwant':
        return (fields.numwant = this.readAmount()) >= 0;
      default:
        // Of no interest, and harmless: `uploaded`, `corrupt`, `key`.
        return this.readAmount() >= 0 || scanner.readBody() !== null;
    }
  }

  private readAmount(): number {
    const digits = this.scanner.readDigits();
    return digits === '' || digits.length > MAX_DIGITS ? -1 : Number(digits);
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
    let id: string | null = null;
    let idJson = '';
    let sdp: string | null = null;
    if (!scanner.skip(OPEN_OBJECT)) return null;
    do {
      const key = scanner.readPlain();
      if (key === null || !scanner.skip(COLON)) return null;
      if (key === 'offer') sdp = this.readDescription('offer');
      else if (key === 'offer_id') {
        id = scanner.readBytes20();
        idJson = scanner.json;
      } else return null;
    } while (scanner.skip(COMMA));
    if (!scanner.skip(CLOSE_OBJECT) || id === null || sdp === null) return null;
    return { id: ownCopy(id), idJson, sdp };
  }

  /** @returns the JSON string body of its `sdp`, one character per byte of UTF-8 */
  private readDescription(type: 'offer' | 'answer'): string | null {
    const { scanner } = this;
    let isOfType = false;
    let sdp: string | null = null;
    if (!scanner.skip(OPEN_OBJECT)) return null;
    do {
      const key = scanner.readPlain();
      if (key === null || !scanner.skip(COLON)) return null;
      if (key === 'type') isOfType = scanner.readPlain() === type;
      else if (key === 'sdp') sdp = scanner.readBody();
      else return null;
    } while (scanner.skip(COMMA));
    if (!scanner.skip(CLOSE_OBJECT) || !isOfType || sdp === null) return null;
    return sdp.length > 0 && sdp.length <= this.config.maxDescription ? sdp : null;
  }
}

/** What is remembered of a message: as a part of it, it would hold all of it in memory. */
function ownCopy(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('latin1');
}

function noFields(): Fields {
  return {
    action: null,
    infoHash: null,
    peerId: null,
    toPeerId: null,
    offerId: null,
    offerIdJson: '',
    event: undefined,
    left: Infinity,
    downloaded: 0,
    numwant: Infinity,
    offers: null,
    answer: null,
  };
}
