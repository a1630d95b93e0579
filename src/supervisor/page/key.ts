// The API key, as long as this tab is open. Never in the URL, a cookie or localStorage.

const NAME = 'lockbridge-key';

/** What an HTTP header can carry; nothing else is a key of a supervisor. */
export function isKey(text: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(text);
}

export function storedKey(): string | undefined {
  return sessionStorage.getItem(NAME) ?? undefined;
}

export function storeKey(key: string): void {
  sessionStorage.setItem(NAME, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
}
