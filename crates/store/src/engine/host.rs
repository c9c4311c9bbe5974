//! The child process that hosts the engine: loads the library and serves until its standard input
//! closes, which it does when the parent ends, however it ends.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::{File, TryLockError};
use std::io::{BufRead, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Exit code for a data directory that another engine serves.
pub(super) const EXIT_LOCKED: i32 = 75;
/// Exit code for an engine that could not start or stopped by itself.
pub(super) const EXIT_FAILED: i32 = 70;

/// What the parent hands to the child.
#[derive(Debug)]
pub(super) struct Orders {
    pub(super) library: PathBuf,
    pub(super) data: PathBuf,
}

impl Orders {
    const LIBRARY: &'static str = "--library";
    const DATA: &'static str = "--data";

    pub(super) fn to_args(&self) -> [&std::ffi::OsStr; 4] {
        [
            Self::LIBRARY.as_ref(),
            self.library.as_os_str(),
            Self::DATA.as_ref(),
            self.data.as_os_str(),
        ]
    }

    fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self, String> {
        let args: Vec<_> = args.into_iter().collect();
        match args.as_slice() {
            [l, library, d, data] if l == Self::LIBRARY && d == Self::DATA => Ok(Self {
                library: library.into(),
                data: data.into(),
            }),
            _ => Err(format!(
                "expected: {} FILE {} DIR",
                Self::LIBRARY,
                Self::DATA
            )),
        }
    }
}

/// Files of a data directory.
pub(super) fn lock_file(data: &Path) -> PathBuf {
    data.join("engine.lock")
}
pub(super) fn config_file(data: &Path) -> PathBuf {
    data.join("engine.xml")
}
pub(super) fn port_file(data: &Path) -> PathBuf {
    data.join("engine.port")
}
pub(super) fn log_file(data: &Path) -> PathBuf {
    data.join("engine.log")
}
pub(super) fn tables(data: &Path) -> PathBuf {
    data.join("tables")
}

/// Entry of the hidden subcommand: never returns.
pub fn child_main(args: impl IntoIterator<Item = std::ffi::OsString>) -> ! {
    let code = match Orders::parse(args).and_then(|orders| host(&orders)) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("{problem}");
            EXIT_FAILED
        }
    };
    leave(code)
}

fn host(orders: &Orders) -> Result<i32, String> {
    let config = read_config(&mut std::io::stdin().lock())?;
    // Before anything that takes time, so that no orphan is left behind.
    std::thread::Builder::new()
        .name("parent-watch".to_owned())
        .spawn(leave_with_parent)
        .map_err(|error| format!("cannot start a thread: {error}"))?;
    let Some(_lock) = lock(&lock_file(&orders.data))? else {
        eprintln!("another engine serves {}", orders.data.display());
        return Ok(EXIT_LOCKED);
    };
    // Only the holder of the lock may touch the files that a running engine reads.
    write_private(&config_file(&orders.data), &config)?;
    let port = port_file(&orders.data);
    match std::fs::remove_file(&port) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(format!("{}: {error}", port.display()));
        }
        _ => {}
    }
    serve(&orders.library, &arguments(orders)?)?;
    Err("the engine stopped by itself".to_owned())
}

/// Marks the end of the configuration that the parent sends; XML cannot hold it.
pub(super) const CONFIG_END: u8 = 0;

fn read_config(input: &mut impl BufRead) -> Result<Vec<u8>, String> {
    let mut config = Vec::new();
    input
        .read_until(CONFIG_END, &mut config)
        .map_err(|error| format!("cannot read the configuration: {error}"))?;
    match config.pop() {
        Some(CONFIG_END) => Ok(config),
        _ => Err("the parent ended before it sent the configuration".to_owned()),
    }
}

fn write_private(path: &Path, text: &[u8]) -> Result<(), String> {
    File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn leave_with_parent() {
    let mut ignored = [0_u8; 64];
    while std::io::stdin()
        .read(&mut ignored)
        .is_ok_and(|read| read > 0)
    {}
    leave(0);
}

/// Ends the process without the library's static destructors, which are slow and can crash. What
/// is acknowledged is on disk.
fn leave(code: i32) -> ! {
    #[expect(unsafe_code, reason = "`std::process::exit` would run the destructors")]
    // SAFETY: `_exit` takes any code, touches no memory of ours and does not return.
    unsafe {
        _exit(code)
    }
}

#[expect(unsafe_code, reason = "declared by POSIX")]
unsafe extern "C" {
    fn _exit(code: c_int) -> !;
}

/// Holds the data directory for as long as the file is open; none where another process holds it.
fn lock(path: &Path) -> Result<Option<File>, String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| problem(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(problem(&error)),
    }
}

fn arguments(orders: &Orders) -> Result<Vec<CString>, String> {
    let data = &orders.data;
    let port = port_file(data);
    let port = port
        .to_str()
        .ok_or("the data directory's name is not UTF-8")?;
    if port.contains(['\'', '\\']) {
        return Err(format!("the data directory's name holds quotes: {port}"));
    }
    // The last query never ends; the thread that watches the parent ends the process instead.
    let query = format!(
        "SYSTEM START LISTEN HTTP; \
         SELECT getServerPort('http_port') INTO OUTFILE '{port}' TRUNCATE FORMAT TSV; \
         SELECT sleepEachRow(1) FROM system.numbers FORMAT Null \
         SETTINGS max_block_size = 1, max_execution_time = 0"
    );
    let text = [
        "clickhouse-local".to_owned(),
        format!("--path={}", tables(data).display()),
        format!("--config-file={}", config_file(data).display()),
        "--log-level=warning".to_owned(),
        "--listen_host".to_owned(),
        "127.0.0.1".to_owned(),
        "--http_port".to_owned(),
        "0".to_owned(),
        "--query".to_owned(),
        query,
    ];
    text.into_iter()
        .map(|text| CString::new(text).map_err(|_| "a path holds a NUL byte".to_owned()))
        .collect()
}

/// Runs the engine on this thread; comes back only when it stops.
#[expect(unsafe_code, reason = "the engine is a C library")]
fn serve(library: &Path, arguments: &[CString]) -> Result<(), String> {
    type SetHandlers = unsafe extern "C" fn(c_int);
    type QueryCmdline = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
    type ResultError = unsafe extern "C" fn(*mut c_void) -> *const c_char;

    let problem = |error: libloading::Error| format!("{}: {error}", library.display());
    // SAFETY: the library is the pinned libchdb; its initialisers only set up its own state, and
    // this process exists to run it.
    let engine = unsafe { libloading::Library::new(library) }.map_err(problem)?;
    // SAFETY: the signatures are those of the pinned version's `chdb.h`.
    let (set_handlers, query, error_of) = unsafe {
        (
            engine
                .get::<SetHandlers>(b"chdb_set_signal_handlers_enabled\0")
                .map_err(problem)?,
            engine
                .get::<QueryCmdline>(b"chdb_query_cmdline\0")
                .map_err(problem)?,
            engine
                .get::<ResultError>(b"chdb_result_error\0")
                .map_err(problem)?,
        )
    };
    let mut argv: Vec<*mut c_char> = arguments.iter().map(|a| a.as_ptr().cast_mut()).collect();
    let argc = c_int::try_from(argv.len()).map_err(|_| "too many arguments")?;
    argv.push(std::ptr::null_mut());
    // SAFETY: `argv` holds `argc` NUL-terminated strings that outlive the call, then a null; the
    // library reads them. The result is either null or a result handle.
    let result = unsafe {
        set_handlers(0);
        query(argc, argv.as_mut_ptr())
    };
    if result.is_null() {
        return Err("the engine gave no result".to_owned());
    }
    // SAFETY: `result` is a live result handle; the text belongs to it and is copied at once.
    let error = unsafe {
        let text = error_of(result);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    };
    error.map_or(Ok(()), Err)
}
