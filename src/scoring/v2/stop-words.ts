/**
 * English words that say nothing of what a market is about, among them those of which its questions are built. What
 * is common in another language is weighed down by being common.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between
  both but by can cannot could did do does doing during each else ever few for from further get gets getting had has
  have having he her here hers him his how if in into is it its itself just may me might more most must my no nor not
  of off on once one only or other our out over own same shall she should so some such than that the their them then
  there these they this those through to too under until up upon us vs very versus was we were what when where which
  while who whom whose why will with within without would yes you your
  end ends happen happens market markets least next question resolve resolves`.split(/\s+/),
);
