"""Follows the end of an answer that grows on the stage, until whoever presents scrolls up.

Streamlit follows only above an input of its own, and only a script can scroll; the policy names it by its hash.
"""

GROWING = "stage_growing"
"""The key of a container that is there while an answer grows."""
SCRIPT = """
(() => {
  if (window.stageFollows) return;
  window.stageFollows = true;
  const ended = new AbortController();
  const on = (name, act) => document.addEventListener(name, act, { passive: true, signal: ended.signal });
  let following = true, grew = false, dragged = false, until = 0, top = 0;
  const gapOf = (main) => main.scrollHeight - main.clientHeight - main.scrollTop;
  on('wheel', (event) => {
    const main = document.getElementById('stMain');
    if (event.deltaY < 0) following = false;
    // Where this turn leads to the end, wherever that will be once it is taken.
    else if (event.deltaY > 0 && main && gapOf(main) <= event.deltaY + 160) following = true;
  });
  on('touchmove', () => { following = false; });
  // What is done once an answer has ended is about what comes next.
  const act = () => { if (!grew) until = 0; };
  on('click', act);
  on('keydown', (event) => {
    if (['ArrowUp', 'Home'].includes(event.key)) following = false;
    act();
  });
  // Of the scroll bar.
  on('pointerdown', (event) => { dragged = event.target.id === 'stMain'; });
  on('pointerup', () => { dragged = false; });
  const timer = setInterval(() => {
    const main = document.getElementById('stMain');
    if (!main?.querySelector('.st-key-stage')) {
      clearInterval(timer);
      ended.abort();
      window.stageFollows = false;
      return;
    }
    const grows = main.querySelector('.st-key-GROWING') !== null;
    const gap = gapOf(main);
    if (grows && !grew) following = true;
    // Also a page that is drawn anew stands higher for a moment.
    else if (dragged && main.scrollTop < top - 1) following = false;
    // Within some lines of the end, since it grows meanwhile.
    else if (main.scrollTop > top && gap <= 160) following = true;
    // A long answer is drawn anew after its end, and its figures below it: on a busy machine that takes seconds.
    if (grows) until = performance.now() + 15000;
    grew = grows;
    if (following && performance.now() < until && gap > 0) main.scrollTop = main.scrollHeight;
    top = main.scrollTop;
  }, 50);
})();
""".replace("GROWING", GROWING)
