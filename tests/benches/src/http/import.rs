//! A file that is imported line by line and several lines at once, each time into a new installation.

use std::{env, fs, time::Instant};

use anyhow::{Context, ensure};
use samvirke_tests::{Extent, ImportFile, Up};

use crate::table::{Table, ratio, say, whole};

/// What the file is about: a body is named by the opening and the plan of each of its cases, so these go one after
/// the other, and cases of as many bodies side by side.
const EXTENT: Extent = Extent { cooperations: 8, bodies: 8 };

/// What is imported.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many lines `import` imports.
    #[arg(long, default_value_t = 20_000)]
    lines: usize,
    /// With how many lines at once `import` is measured, besides one and what is usual.
    #[arg(long, value_delimiter = ',', value_name = "N")]
    at_once: Vec<u16>,
}

/// Imports the same file with each number of lines at once.
pub(super) fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let file = ImportFile::of_cases(EXTENT, arguments.lines).text();
    let title = format!("{} lines imported", whole(arguments.lines as f64));
    let head = ["at once", "seconds", "lines a second"].map(str::to_owned);
    let mut table = Table::new(title, head);
    let mut measured = |name: &str, parallel: Option<u16>| -> anyhow::Result<f64> {
        let seconds = import(&file, parallel)?;
        say(&format!("{name}: {seconds:.1} s"));
        let rate = whole(arguments.lines as f64 / seconds);
        table.row(name, [Some(format!("{seconds:.1}")), Some(rate)]);
        Ok(seconds)
    };
    let serial = measured("1", Some(1))?;
    let usual = measured("as usual", None)?;
    for parallel in &arguments.at_once {
        measured(&parallel.to_string(), Some(*parallel))?;
    }
    table.print();
    ratio("import-parallel-vs-serial", serial, usual);
    Ok(())
}

/// How many seconds an import takes, with so many lines at once or with what is usual.
fn import(file: &str, parallel: Option<u16>) -> anyhow::Result<f64> {
    let executable = env::current_exe()?.with_file_name("samvirke");
    let mut up = Up::start(&executable, "127.0.0.1:0")
        .context("the bench needs the executable samvirke beside it")?;
    up.is_well()?;
    let path = up.data().join("import.jsonl");
    fs::write(&path, file)?;
    let mut import = up.command(&["import"]);
    import.arg(&path);
    if let Some(parallel) = parallel {
        import.args(["--parallel", &parallel.to_string()]);
    }
    let begun = Instant::now();
    let output = import.output()?;
    let seconds = begun.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "a line was refused: {}", said.lines().next().unwrap_or(""));
    Ok(seconds)
}
