/** How AWS writes domain names, ARNs and dates. */

/** A domain name for comparing: small letters, no dot at the end, `\052` for what it stands for. */
export function normalName(name: string): string {
  const plain = name.includes('\\')
    ? name.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    : name;
  return (plain.endsWith('.') ? plain.slice(0, -1) : plain).toLowerCase();
}

/**
 * A domain name as Route 53 answers it: a dot at the end, and octal codes for all but letters, digits, hyphen, underscore
 * and dot. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
 */
export function recordedName(name: string): string {
  const escaped = normalName(name).replace(
    /[^a-z0-9\-_.]/g,
    (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `${escaped}.`;
}
