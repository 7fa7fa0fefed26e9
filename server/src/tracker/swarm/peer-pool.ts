/**
 * Memory for peers: pages of typed arrays that many swarms share. Arrays of its own would cost a
 * swarm of one peer some 600 bytes for 14 bytes of content, and most torrents have fewer than five
 * peers. All pages are of one size and are used again for whatever is needed next, so that swarms
 * that grow and shrink leave no holes behind.
 */

/** Rows of the largest block. A swarm that needs more takes several of these. */
export const LARGEST_BLOCK = 512;

const PAGE_ROWS = 4096;
const BLOCK_SIZES = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, LARGEST_BLOCK];
/** Empty pages kept for the next need (57 kB each for IPv4); more go back to the system. */
const SPARE_PAGES = 64;
const END = 0xffffffff;

/** The smallest block for `rows` peers, which are at most {@link LARGEST_BLOCK}. */
export function blockSizeFor(rows: number): number {
  return BLOCK_SIZES.find((size) => size >= rows) ?? LARGEST_BLOCK;
}

/** Columns of rows (one row per peer), handed out in blocks of one size. */
export class PeerPage {
  /** `stride` bytes each: address and port as they go over the wire. */
  readonly endpoints: Uint8Array;
  /** The same, to be read four bytes at a time from any place. */
  readonly view: DataView;
  /** Two words each, side by side since most announces read or write both: owner, and `stamp`. */
  readonly notes: Uint32Array;
  blockSize = 0;
  blocksInUse = 0;
  /** Place in the pool's list of pages with room, or -1. */
  listed = -1;
  private freshFrom = 0;
  private firstFree = END;

  constructor(stride: number) {
    const memory = new ArrayBuffer(PAGE_ROWS * (8 + stride));
    this.notes = new Uint32Array(memory, 0, 2 * PAGE_ROWS);
    this.endpoints = new Uint8Array(memory, 8 * PAGE_ROWS);
    this.view = new DataView(memory, 8 * PAGE_ROWS);
  }

  /** Cuts an empty page into blocks. */
  cut(blockSize: number): void {
    this.blockSize = blockSize;
    this.blocksInUse = this.freshFrom = 0;
    this.firstFree = END;
  }

  get isFull(): boolean {
    return this.firstFree === END && this.freshFrom + this.blockSize > PAGE_ROWS;
  }

  /** First row of a free block. Rows never used are taken last: they cost no resident memory. */
  take(): number {
    this.blocksInUse += 1;
    const start = this.firstFree;
    if (start === END) {
      this.freshFrom += this.blockSize;
      return this.freshFrom - this.blockSize;
    }
    // Free blocks are a list whose links lie in the blocks themselves.
    this.firstFree = this.notes[2 * start] ?? END;
    return start;
  }

  giveBack(start: number): void {
    this.blocksInUse -= 1;
    this.notes[2 * start] = this.firstFree;
    this.firstFree = start;
  }
}

/** The pages of one address family. */
export class PeerPool {
  private readonly roomy = new Map<number, PeerPage[]>(BLOCK_SIZES.map((size) => [size, []]));
  private readonly spare: PeerPage[] = [];
  /** Rows that hold a peer, in all blocks together; whoever fills and empties rows counts them. */
  peers = 0;

  constructor(private readonly stride: number) {}

  /** A page with room for a block of `blockSize` rows (a result of {@link blockSizeFor}). */
  pageFor(blockSize: number): PeerPage {
    const pages = this.pagesOf(blockSize);
    const last = pages[pages.length - 1];
    if (last !== undefined) return last;
    const page = this.spare.pop() ?? new PeerPage(this.stride);
    page.cut(blockSize);
    this.list(page, pages);
    return page;
  }

  /** First row of a block of a page with room. */
  take(page: PeerPage): number {
    const start = page.take();
    if (page.isFull) this.unlist(page, this.pagesOf(page.blockSize));
    return start;
  }

  giveBack(page: PeerPage, start: number): void {
    page.giveBack(start);
    const pages = this.pagesOf(page.blockSize);
    if (page.listed < 0) this.list(page, pages);
    // One page stays, or a lone swarm that comes and goes would cut a page each time.
    if (page.blocksInUse > 0 || pages.length === 1) return;
    this.unlist(page, pages);
    if (this.spare.length < SPARE_PAGES) this.spare.push(page);
  }

  private pagesOf(blockSize: number): PeerPage[] {
    const pages = this.roomy.get(blockSize);
    if (pages === undefined) throw new RangeError(`there are no blocks of ${blockSize} rows`);
    return pages;
  }

  private list(page: PeerPage, pages: PeerPage[]): void {
    page.listed = pages.length;
    pages.push(page);
  }

  private unlist(page: PeerPage, pages: PeerPage[]): void {
    const last = pages.pop();
    if (last !== undefined && last !== page) {
      pages[page.listed] = last;
      last.listed = page.listed;
    }
    page.listed = -1;
  }
}
