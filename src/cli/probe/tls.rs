//! TLS with the certificates that the system trusts.

#[cfg(feature = "tls")]
use super::Wire;
use std::io;
use std::net::TcpStream;

#[cfg(feature = "tls")]
pub fn agree(mut stream: TcpStream, host: &str) -> io::Result<impl Wire + use<>> {
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
    use std::sync::Arc;

    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = "no certificates of authorities on this machine; SSL_CERT_FILE names a file of them".to_owned();
        return Err(io::Error::other(why));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = builder.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

#[cfg(feature = "tls")]
impl Wire for rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    fn socket(&self) -> &TcpStream {
        &self.sock
    }
}

#[cfg(not(feature = "tls"))]
pub fn agree(_stream: TcpStream, _host: &str) -> io::Result<TcpStream> {
    Err(io::Error::other(
        "this hoplint is built without TLS; http:// works, and a build with the feature `tls` does both",
    ))
}
