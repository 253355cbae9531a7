/** Chromium, found where systems keep it. */
import { access } from 'node:fs/promises';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Its path; null when there is none. */
export async function findBrowser(): Promise<string | null> {
  for (const place of PLACES) {
    const isThere = await access(place).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return null;
}

/** What to do without one. */
export const MISSING = `found no Chromium; expected one of
${PLACES.map((place) => `  ${place}`).join('\n')}
On Debian and Ubuntu \`npm run pages:install\` installs it (apt-get, as root or with sudo); elsewhere install Chromium or Google Chrome by hand.`;
