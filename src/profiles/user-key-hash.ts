/** FNV-1a hash over the UTF-16 units of a user key, folded to 16 bits: 0–65,535. The same in every process. */
export function hashUserKey(userKey: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < userKey.length; index++) {
    hash = Math.imul(hash ^ userKey.charCodeAt(index), 0x01000193);
  }
  return ((hash >>> 16) ^ hash) & 0xffff;
}
