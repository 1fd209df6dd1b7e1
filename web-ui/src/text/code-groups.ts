/** A verification code in its groups of five digits, for reading out and comparing. */
export function codeGroups(code: string): string[] {
  return code.replace(/\D+/g, '').match(/\d{1,5}/g) ?? []
}
