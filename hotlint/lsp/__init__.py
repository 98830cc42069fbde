"""The language server: what Hotlint knows of a history, told to an editor while it is being written.

Needs the extra ``hotlint[lsp]``. ``history`` and ``world`` know nothing of the protocol: they keep the plans of the
projects in the workspace and do again only what an edit changes. ``server`` speaks with the editor; the other modules
turn plans and findings into what it asks for.
"""
