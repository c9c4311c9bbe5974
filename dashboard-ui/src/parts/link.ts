/** The address, if following it cannot run anything here: configured links are text until checked. */
export function safeLink(text: string | null | undefined): string | undefined {
  if (text == null || !URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
