// Whose update lock the contended path is, as a supervisor sees it.

export const APP = '1';
export const SERVICE = 'torture';
