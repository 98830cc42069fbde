//! Starts `hotlint server` from the worktree's path; everything else is the server's.

use zed_extension_api as zed;

struct Hotlint;

impl zed::Extension for Hotlint {
    fn new() -> Self {
        Hotlint
    }

    fn language_server_command(
        &mut self,
        _server: &zed::LanguageServerId,
        worktree: &zed::Worktree,
    ) -> zed::Result<zed::Command> {
        let command = worktree
            .which("hotlint")
            .ok_or("hotlint is not on the path: pip install \"hotlint[lsp]\"")?;
        Ok(zed::Command {
            command,
            args: vec!["server".to_string()],
            env: worktree.shell_env(),
        })
    }
}

zed::register_extension!(Hotlint);
