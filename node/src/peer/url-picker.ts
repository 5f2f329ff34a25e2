// Which of a member's URLs is used: the same one until it fails (etcd: rafthttp/urlpick.go).
import { assert, present } from '../base/assert.ts';

export class UrlPicker {
  private urls: readonly string[] = [];
  private readonly dialUrls: (urls: readonly string[]) => readonly string[];
  private picked = 0;

  /** @param dialUrls where to dial for a member's URLs; asked each time, for it may change */
  constructor(
    urls: readonly string[],
    dialUrls: (urls: readonly string[]) => readonly string[] = (same) => same,
  ) {
    this.dialUrls = dialUrls;
    this.update(urls);
  }

  update(urls: readonly string[]): void {
    assert(urls.length > 0, 'a peer has at least one URL');
    this.urls = urls;
    this.picked = 0;
  }

  pick(): string {
    const urls = this.dialUrls(this.urls);
    return present(urls[this.picked % urls.length], 'the picked URL exists');
  }

  /** False for a URL that the member does not have itself: dialUrls made it as a way out. */
  isOwn(url: string): boolean {
    return this.urls.includes(url);
  }

  /** Begins with the best URL again. */
  reset(): void {
    this.picked = 0;
  }

  /** Says that `url` failed: the next one is picked, unless that has happened already. */
  unreachable(url: string): void {
    if (url === this.pick()) this.picked = (this.picked + 1) % this.dialUrls(this.urls).length;
  }
}
