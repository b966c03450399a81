"""The phrases for accounts and secrets, devices, pictures and what is written about somebody, as in ``phrases``."""

PHRASES = """
free_text | 0.5 | linked | t | exact
    body, content, text
free_text | 0.52 | linked | t | exact
    contenu, contenido, contenuto, inhalt, inhoud, conteudo, texte, texto, testo
username | 0.9 | anywhere | t
    username, user name, login, login name, logon, user login, account name, benutzername, nombre de usuario, nom d
    utilisateur, gebruikersnaam, nome utente, handle, screenname, userid name, signum, nick, pseudo, pseudonym,
    pseudonyme, login id, loginname, loginid, network login, nutzername, anmeldename, nome utilizador, usuario
    login, identifiant connexion, user principal name, sam account name, account login, user alias, useralias, login
    user, loginuser, user code login, windows login, domain user, domain login, ldap user, ldap login, ldap dn, ldap
    uid, ad user, ad account, active directory, sso id, samaccountname, userprincipalname, user handle, user login
    name, logged user, logged in user, login email, remote user, db user, os user, unix user, system user name,
    network id, net id, netid, web user, web username, web login, nick name login, screen name login, player name,
    gamertag, gamer tag, channel name, profile name, anmeldekennung, benutzerkennung, benutzer kennung,
    nutzerkennung, benutzer login, anmelde name, kennung benutzer, kuerzel benutzer, nombre usuario, nombreusuario,
    usuario nombre, usuario red, usuario web, usuario sistema, nick usuario, cuenta usuario, cuenta de usuario,
    login usuario, nom utilisateur, nomutilisateur, utilisateur nom, identifiant utilisateur, identifiant ent,
    identifiant ldap, identifiant internet, login ent, compte utilisateur, nome utente login, nomeutente, utente
    nome, utente login, account utente, userid web, gebruiker naam, naam gebruiker, inlognaam, inlog naam,
    aanmeldnaam, loginnaam, gebruikers naam, gebruikersaccount, nome usuario, nome de usuario, nome de utilizador,
    nomeusuario, login utilizador, conta usuario, utilizador login, apelido usuario
username | 0.65 | linked | t | exact
    user, usuario, utente, utilisateur, benutzer, gebruiker, utilizador, usr, operator user, utilizador nome,
    anwender, bearbeiter, sachbearbeiter, operador, operateur, operatore
username | 0.55 | anywhere | t
    created by, updated by, modified by, changed by, entered by, approved by, assigned to, assignee, creator, voided
    by, retired by, deleted by, inserted by, submitted by, requested by, uploaded by, posted by, recorded by,
    verified by, creado por, modificado por, cree par, modifie par, saisi par, creato da, modificato da, criado por,
    alterado por, aangemaakt door, gewijzigd door, erstellt von, geandert von, geaendert von, angelegt von,
    bearbeitet von, added by, edited by, last modified by, last updated by, modified user, created user, user
    created, user modified, updated user, create user, update user, insert user, changed user, last edited by,
    processed by, checked by, closed by, opened by, resolved by, registered by, reviewed by, signed by, confirmed
    by, cancelled by, canceled by, rejected by, published by, issued by, prepared by, reported by, received by, paid
    by, sold by, handled by, completed by, authorized by, authorised by, erfasst von, erfasst durch, erfasser,
    ersteller, erstellt durch, geandert durch, geaendert durch, angelegt durch, bearbeitet durch, freigegeben von,
    genehmigt von, gepruft von, geprueft von, geloscht von, eingetragen von, letzter bearbeiter, anlage user,
    aenderung user, creado usuario, usuario creacion, usuario creador, usuario alta, usuario registro, usuario
    modificacion, usuario modifica, usuario modificador, usuario baja, usuario crea, usuario ultima modificacion,
    registrado por, actualizado por, editado por, aprobado por, autorizado por, eliminado por, revisado por, firmado
    por, asignado a, atendido por, elaborado por, recibido por, solicitado por, ingresado por, utilisateur creation,
    utilisateur modification, createur, auteur creation, auteur modification, auteur modif, valide par, supprime
    par, enregistre par, traite par, signe par, assigne a, ajoute par, utente creazione, utente modifica, utente
    inserimento, utente ultima modifica, inserito da, aggiornato da, approvato da, eliminato da, registrato da,
    firmato da, assegnato a, ingevoerd door, bijgewerkt door, toegevoegd door, goedgekeurd door, verwijderd door,
    laatst gewijzigd door, aangepast door, geregistreerd door, toegewezen aan, ondertekend door, gebruiker
    aangemaakt, gebruiker gewijzigd, usuario cadastro, usuario inclusao, usuario alteracao, usuario exclusao,
    usuario inseriu, cadastrado por, atualizado por, aprovado por, excluido por, incluido por, registado por, criado
    pelo, assinado por, atribuido a, atualizado pelo
username | 0.7 | person | t | exact
    alias
password | 0.95 | anywhere | tn
    password, passwd, passphrase, password hash, hashed password, passwort, kennwort, contrasena, clave, mot de
    passe, wachtwoord, senha, pin, pin code, secret, api key, access token, auth token, security answer, secret
    answer, salt, password salt, cvv, cvc, refresh token, session token, activation key, token, private key, otp,
    secret key, two factor secret, two factor, totp, totp secret, mfa secret, mfa token, access code, activation
    code, verification code, confirmation code, confirmation token, reset code, reset token, password reset,
    remember token, session key, login key, logkey, login token, unlock token, authentication token, private token,
    client secret, api token, webhook secret, recovery code, backup code, zugangscode, aktivierungscode,
    freischaltcode, geheimnis, mdp, mot passe, code acces, codigo acceso, codigo activacion, chiave segreta, codice
    accesso, toegangscode, codigo acesso, secret question, security question, crypt password, encrypted password,
    hashed pw, passphrase hash, salt password, reset password token, reset password code, senha provisoria, codice
    sicurezza, codigo seguridad, passwd hash, passhash, pass hash, pwd hash, pwd encoded, pwhash, pw hash, user
    pass, userpass, user password, user pwd, userpwd, login password, loginpassword, login pass, old password, new
    password, previous password, previous passwords, initial password, default password, temp password, temporary
    password, web password, mail password, email password, smtp password, ftp password, db password, wifi password,
    pass key, passcode, pass code, passkey, pincode user, sms pin, web pin, security pin, digest auth, user digest,
    password digest, credentials, secret code, secret token, shared secret, totp key, two factor key, two factor
    token, mfa key, otp secret, otp code, otp key, recovery token, recovery key, recovery codes, backup codes, reset
    hash, reset key, reset pwd, reset password, reset password key, token reset, token reset pwd, password token,
    password reset token, password reset key, password reset code, forgot password, forgotten password code, forgot
    token, validation key, validation code, validation token, confirm code, confirm token, confirm hash,
    confirmation hash, verify code, verify token, verification token, verification key, email token, invite token,
    invitation token, login hash, autologin, auto login, autologin key, persist code, session hash, session secret,
    cookie hash, cookie token, device secret, bearer token, jwt, id token, oauth token, oauth secret, apikey,
    apitoken, accesstoken, access key, access hash, auth key, authkey, auth code, auth secret, encryption key,
    private key pem, ssh key, kennwort hash, passwort hash, passwort alt, passwort neu, altes passwort,
    einmalpasswort, geheime frage, geheime antwort, sicherheitsfrage, sicherheitsantwort, zugangsdaten,
    zugangsschlussel, contrasenia, contrasena hash, contrasenya, contrasena anterior, password usuario, clave
    acceso, clave usuario, clave secreta, clave hash, palabra clave, pregunta secreta, respuesta secreta, codigo
    verificacion, codigo seguro, motdepasse, mot de passe hash, mot passe hash, pass user, ancien mot passe, cle
    validation, cle activation, cle api, cle acces, cle secrete, code secret, code activation, code validation, code
    confirmation, jeton, question secrete, reponse secrete, parola chiave, parola ordine, pwd utente, password
    utente, vecchia password, chiave attivazione, chiave accesso, codice attivazione, codice segreto, codice pin,
    domanda segreta, risposta segreta, wachtwoord hash, oud wachtwoord, tijdelijk wachtwoord, pincode kaart,
    activatiecode, verificatiecode, geheime vraag, geheim antwoord, sleutel geheim, palavra passe, palavrapasse,
    palavra chave, senha hash, senha usuario, senha antiga, senha acesso, senha temporaria, codigo ativacao, codigo
    confirmacao, pergunta secreta, resposta secreta, chave secreta, chave acesso, chave api, chave ativacao
ip_address | 0.92 | anywhere | t
    ip, ip address, ip addr, ipv4, ipv6, remote addr, client ip, last ip, login ip, remote host, adresse ip, lastip,
    userip, ip log, remote ip, remote address, forwarded ip, forwarded for, direccion ip, indirizzo ip, ip adresse,
    ip adres, sign in ip, registration ip, signup ip, ipaddr, ipaddress, ip adress, ip addresse, ipadresse, ipadres,
    user ip, visitor ip, source ip, src ip, dst ip, ip source, ip from, host ip, ip host, ip client, ip user, ip
    login, ip last, last login ip, current login ip, current sign in ip, last sign in ip, register ip, reg ip,
    signup ipaddress, created ip, creation ip, ip created, author ip, comment author ip, poster ip, post ip, x
    forwarded for, remote addr ip, ip usuario, ip acceso, ip registro, ip utilisateur, ip connexion, indirizzoip, ip
    utente, ip accesso, ip gebruiker, endereco ip, enderecoip, ip acesso
device | 0.85 | anywhere | t
    mac address, imei, imsi, device id, device token, user agent, cookie id, advertising id, serial device, browser,
    last browser, useragent, device identifier, device name, device fingerprint, push token, mac adresse, mac, mac
    addr, macaddr, macaddress, mac id, device uuid, device serial, device imei, device mac, deviceid, devicetoken,
    device info, device name user, device model user, imei number, imei no, iccid, sim number, sim card, sim serial,
    sim no, android id, ios token, apns token, fcm token, gcm id, gcm token, registration token, push id, push
    endpoint, idfa, gaid, cookie, visitor id, fingerprint hash, browser info, browser agent, http user agent, agent
    string, client agent, client browser, hardware id, machine id, computer name, hostname client, workstation name,
    geratename, geraetename, gerate id, geraete id, geratekennung, seriennummer geraet, navigateur, navegador,
    agente usuario, terminal id user
photo | 0.85 | linked | t
    profile image url, profile image path, photo, avatar, picture, portrait, selfie, headshot, profile image, foto,
    bild, passbild, profile pic, photograph, fotografia, lichtbild, pasfoto, profile photo, user image, image file
    person, photo path, photo url, avatar url, foto pfad, photo file, photo filename, photo file name, photo id
    path, photo data, photo blob, photo uri, photo link, photo name, photo file url, profile picture, profile
    picture url, profile photo url, profilepic, profilepicture, profile img, picture url, picture path, picture
    file, picture filename, user photo, user picture, user avatar, url image user, image user, user img, avatar
    path, avatar file, avatar image, avatarurl, mugshot, mug shot, thumbnail photo, passport photo, id photo, face
    image, face photo, fotos, foto url, foto datei, foto dateiname, fotodatei, bild datei, profilbild, profilfoto,
    bewerbungsfoto, portraetfoto, portratfoto, lichtbild pfad, bildpfad, foto perfil, foto archivo, foto ruta, ruta
    foto, imagen perfil, foto alumno, foto persona, foto empleado, fotografia archivo, photo identite, photo profil,
    image profil, chemin photo, fichier photo, url photo, portrait photo, fotografia path, foto profilo, foto
    tessera, immagine profilo, percorso foto, profielfoto, foto bestand, foto pad, profiel foto, afbeelding profiel,
    foto de perfil, imagem perfil, caminho foto, arquivo foto, foto usuario, foto cliente
photo | 0.7 | person | t | exact
    image, img, picture, image path, image url, bild, imagen, immagine, afbeelding, imagem
biometric | 0.9 | anywhere | t
    fingerprint, iris, face embedding, biometric, dna, genome, voiceprint, signature, unterschrift, retina, palm
    print, face id, empreinte, huella digital, impronta digitale, handtekening, assinatura, firma digital, finger
    print, fingerprint template, fingerprint data, finger template, face template, facial, facial template, face
    encoding, iris scan, iris template, voice print, voice sample, signature image, signature path, signature file,
    signature data, signature url, digital signature, sign image, esignature, e signature, dna profile, dna sample,
    genetic data, fingerabdruck, fingerabdrucke, unterschrift bild, unterschriftbild, signatur, signaturbild, firma
    imagen, imagen firma, firma manuscrita, huella, huella dactilar, huellas, signature manuscrite, empreinte
    digitale, empreinte digitales, firma autografa, firma immagine, impronta, vingerafdruk, handtekening bestand,
    impressao digital, imagem assinatura, assinatura digital, biometria, biometrie, biometrico
free_text | 0.6 | linked | t
    note, comment, remark, memo, message, biography, bio, about me, notiz, bemerkung, kommentar, anmerkung, nota
    libre, observacion, comentario, commentaire, remarque, osservazione, opmerking, observacao, anamnese, clinical
    note, narrative, free text, history text, resume, cv, message body, body text, instruction, feedback, review
    text, transcript, chat, subject line, summary, observaciones, comentarios, anotacion, anotaciones, annotation,
    annotazioni, opmerkingen, aantekening, aantekeningen, bemerkungen, anmerkungen, notizen, observacoes, anotacao,
    anotacoes, note text, value text, notes text, comment text, message text, additional info, additional
    information, extra info, other info, personal statement, cover letter, testimonial, case note, progress note,
    discharge summary, report text, findings text, patient note, medical report, self description, uber mich, sobre
    mi, a propos, internal note, internal notes, private note, private notes, admin note, admin notes, staff note,
    staff notes, customer note, customer notes, order note, order comment, user comment, user note, admin comment,
    general remark, general note, special note, special request, special requests, special instruction, notes
    public, notes private, public note, public comment, bio text, biog, bio info, about text, about you, short bio,
    long bio, curriculum, curriculum vitae, cover text, motivation, motivation letter, letter text, letter body,
    email body, email text, mail body, mail text, body html, sms text, message content, msg, msg text, msg body,
    chat message, reply text, response text, answer text, open answer, feedback text, complaint text, complaint
    description, incident description, incident report, case description, case summary, case details, case notes,
    visit note, visit notes, visit summary, clinical notes, clinical summary, clinical comment, nurse note, doctor
    note, doctor notes, physician note, nursing note, progress notes, consult note, consultation note, soap note,
    impression text, narrative text, statement text, testimony, reason text, reason note, reason comment, comment
    private, vermerk, vermerke, aktennotiz, aktenvermerk, notiztext, notizfeld, bemerk, bem, anmerk, kommentartext,
    hinweis, hinweise, hinweistext, freitext, freitextfeld, nachricht, nachrichtentext, mitteilung, mitteilungstext,
    sonstiges, zusatzinfo, zusatzinformation, zusatztext, lebenslauf, selbstbeschreibung, ueber mich, beschreibung
    person, stellungnahme, begrundung, begruendung, gutachten, protokolltext, gesprachsnotiz, gespraechsnotiz, obs,
    observ, observ general, observaciones generales, anotaciones personales, apuntes, apunte, nota interna, notas
    internas, notas privadas, nota personal, mensaje, texto mensaje, cuerpo mensaje, cuerpo, asunto, comentario
    interno, biografia, acerca de, acerca de mi, descripcion personal, informe, informe texto, texto informe,
    resumen clinico, aclaracion, aclaraciones, justificacion, motivo texto, incidencia texto, commentaire libre,
    texte libre, notes libres, note interne, note privee, note personnelle, annotations, observations, observation
    libre, biographie, a propos de moi, presentation personnelle, texte message, corps message, corps, objet
    message, sujet message, lettre, lettre motivation, compte rendu, motif texte, commento, commenti, note libere,
    note interne paziente, note private, note personali, nota bene, appunti, appunto, testo libero, testo messaggio,
    messaggio, corpo messaggio, testo mail, testo email, biografia breve, chi sono, descrizione personale,
    relazione, referto, referto testo, motivazione, giustificazione testo, notitie, notities, interne notitie,
    commentaar, toelichting, vrije tekst, bericht, berichttekst, berichtinhoud, boodschap, motivatie, over mij,
    omschrijving persoon, verslag, verslagtekst, gespreksverslag, memoveld, obs geral, observacao interna, notas
    gerais, anotacoes gerais, mensagem, texto mensagem, corpo mensagem, assunto, comentario livre, sobre voce,
    descricao pessoal, parecer, laudo, relatorio texto, justificativa, texto livre, historico texto, recado, recados
free_text | 0.55 | person | t | exact
    info, information, detail, description, beschreibung, kurzbeschreibung, descripcion, descrizione, beschrijving,
    descricao, presentation, background
free_text | 0.75 | linked | t | exact
    nota, notas
password | 0.6 | person | t | exact
    digest, hash, crypt
"""
