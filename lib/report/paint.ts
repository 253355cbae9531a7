/** Colour as an argument: reports are plain text, and whoever prints them knows whether there is a terminal. */

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Gives `text` that style, or gives it back as it is. */
export type Paint = (style: Style, text: string) => string;
