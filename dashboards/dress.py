"""What Streamlit has no setting for: the page's language, frames, large type, tables scrolled by keyboard.

Script and style are fixed; the only data is the language.
"""

from __future__ import annotations

from streamlit.components.v2 import component

from core.report.words import Language

_dress = component(
    "sectorlab_language",
    js="""
      export default (own) => {
        document.documentElement.lang = own.data
        const mend = () => document.querySelectorAll('[data-testid=stTable] div:not([tabindex])').forEach(
          (part) => { if (part.scrollWidth > part.clientWidth) part.tabIndex = 0 })
        const watch = new MutationObserver(mend)
        mend()
        watch.observe(document.body, { childList: true, subtree: true })
        addEventListener('resize', mend)
        return () => { watch.disconnect(); removeEventListener('resize', mend) }
      }
    """,
    css="""
      html:lang(ko) * { word-break: keep-all !important; overflow-wrap: break-word !important; }
      [data-testid="stMainBlockContainer"] { padding-top: 2rem; padding-bottom: 3rem; }
      [data-testid="stTable"] :is(td, th):first-child {
        min-width: 11rem; position: sticky; left: 0; background: #fff; z-index: 1;
      }
      .st-key-estimate, .st-key-estimate-curve { border: 2px dashed #7A868C; }
      .st-key-computed { border: 2px solid #0F5F5C; }
      .st-key-estimate, .st-key-estimate-curve, .st-key-computed { border-radius: 0.5rem; padding: 1rem; }
      @media (min-width: 900px) { .st-key-answers { position: sticky; top: 1rem; } }
      .st-key-ahead { display: none; }
      kbd { color: inherit !important; opacity: 1 !important; }
      .st-key-story { min-height: 60vh; }
      .st-key-story h1 { font-size: 2.8rem; }
      .st-key-story p { font-size: 1.5rem; line-height: 1.5; }
      .st-key-story p small { font-size: 1.1rem; }
      a:focus-visible, summary:focus-visible { outline: 2px solid #0F5F5C !important; outline-offset: 2px; }
    """,
    isolate_styles=False,
)


def dress(lang: Language) -> None:
    """Dress the page that is being drawn; the language is for screen readers and for Korean line breaks."""
    _dress(key="dress", data=lang)
