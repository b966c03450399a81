"""The phrases that columns with identifiers and secrets are named with, in seven languages.

English, German, Spanish, French, Italian, Dutch, Portuguese; without accents and in lower case; ``wording`` brings
names into that form. General language only: no phrase is here because one data set uses it. ``attributes`` has the
phrases for what is told of somebody, ``wordlists`` the words that both are read with.
"""

PHRASES = """
given_name | 0.95 | anywhere | t
    first name, given name, forename, middle name, fname, gname, christian name, preferred name, nickname, nick
    name, vorname, rufname, nombre de pila, primer nombre, segundo nombre, prenom, nome proprio, voornaam,
    primeiro nome, firstname, givenname, middlename, maternal name, mname, second given name, vornamen, rufnamen,
    zweitname, nombre pila, prenom usuel, deuxieme prenom, nome di battesimo, secondo nome, voornamen, roepnaam,
    nome do meio, known as, apodo, surnom, spitzname, soprannome, bijnaam
given_name | 0.75 | person | t | exact
    first, given, forenames, nombre, voorn, vname, nombres, prenoms
family_name | 0.95 | anywhere | t
    last name, surname, family name, lname, maiden, maiden name, second name, nachname, familienname, zuname,
    geburtsname, apellido, apellido paterno, apellido materno, nom de famille, cognome, achternaam, sobrenome,
    apelido, lastname, familyname, married name, birth name, nachnamen, ledigenname, madchenname, maedchenname,
    apellidos, primer apellido, segundo apellido, nom famille, nom usage, nom d usage, nom naissance, nom marital,
    nom jeune fille, cognomi, geslachtsnaam, meisjesnaam, tussenvoegsel, ultimo nome, nome de familia, nome
    solteira, ap paterno, ap materno, paterno, materno, apellido1
full_name | 0.95 | anywhere | t
    full name, person name, legal name, name first, name last, name given, nombre completo, nom complet, nome
    completo, vollstandiger name, volledige naam, official name, native name, chosen name, father name, mother
    name, parent name, spouse name, husband name, wife name, child name, father full name, mother full name,
    maiden name mother, nombre padre, nombre madre, nombre del padre, nombre de la madre, nom pere, nom mere, nome
    padre, nome madre, name vater, name mutter, wahlname, nombre apellido, nombre y apellido, nom prenom, cognome
    nome, nome cognome
full_name | 0.88 | anywhere | t
    contact name, real name, account holder, cardholder, card holder, card name, name on card, ship name,
    recipient name, beneficiary, display name, screen name, signed name, emergency contact, next of kin,
    ansprechpartner, billing name, shipping name, deliver name, kontoinhaber, titular, titulaire, care of, co
    name, emergency name, emergency contact name, author name, beneficiary name, nombre contacto, nom contact,
    nome contatto, contactpersoon, referente, signatory, destinataire, destinatario, empfanger, empfaenger
full_name | 0.8 | person | t | exact
    name, nombre, nom, nome, naam, bezeichnung, naam volledig, mother, father, vater, mutter, padre, madre, mere,
    pere, pai, mae
full_name | 0.5 | linked | t
    contact, owner, attn, attention, kontakt, contacto, contatto
email | 0.95 | anywhere | t
    email hash, hashed email, email md5, email sha, email, e mail, mail, email address, mail address, e mail
    address, correo, correo electronico, courriel, posta elettronica, emailadresse, mailadresse, adresse mail,
    adresse email, e post, emailaddress, mail adresse, e mail adresse, adresse electronique, adresse courriel,
    indirizzo email, indirizzo mail, indirizzo di posta, endereco email, endereco eletronico, direccion correo,
    mailadres, emailadres, mail privat
phone | 0.93 | anywhere | tn
    contact data, contact info, contact information, contact detail, phone hash, phone, telephone, tel, mobile,
    mobil, cell, cell phone, cellphone, fax, phone number, telephone number, mobile number, mobile phone, contact
    number, phone no, whatsapp, msisdn, telefon, telefonnummer, rufnummer, handy, handynummer, telefono, celular,
    movil, portable, telefoon, telefone, cellulare, work phone, home phone, faxnummer, mobilnummer, telefax, gsm,
    mobiltelefon, mobilfunk, festnetz, telefonnr, rufnr, klappe, telefonklappe, nebenstelle, telefoonnummer,
    mobiel, mobiel nummer, numero telefono, numero de telefono, numero telephone, numero de telephone, num
    telefono, numero telefone, telephone portable, telephone fixe, tel fixe, tel portable, telefono fijo, telefono
    movil, telefono cellulare, telefono fisso, telemovel, telefone celular, telefone fixo, fone, landline, pager,
    home number, work number, office number, emergency number, emergency telephone, day phone, evening phone, cell
    number, recapito telefonico, numero fisso, numero ufficio, numero cellulare, numero mobile, numero fijo,
    numero movil
phone | 0.55 | person | tn
    extension, ext, durchwahl
national_number | 0.95 | anywhere | tn
    ssn, social security, social security number, national id, national number, national insurance, nino, nhs, nhs
    number, tax id, tax number, tin, itin, identity number, id card, identity card, personal number, citizen id,
    sozialversicherungsnummer, svnr, steuernummer, steuer id, personalausweis, ausweisnummer, versichertennummer,
    krankenversichertennummer, kvnr, dni, nif, nie, curp, rfc, cedula, rut, numero de identidad, seguridad social,
    nir, numero securite sociale, securite sociale, codice fiscale, bsn, burgerservicenummer, cpf, numero utente,
    cartao cidadao, aadhaar, pesel, personnummer, birth number, cpr, medicare number, medicare, mrn, medical
    record number, health insurance number, medical record, national identification, national identification
    number, social insurance number, voter id, cif nif, cifnif, nif cif, numero nif, numero dni, nss, numero
    seguridad social, documento identidad, documento de identidad, carte identite, carta identita, carta di
    identita, identiteitsnummer, rijksregisternummer, sozialversicherungsnr, steueridentifikationsnummer,
    steuernr, ahv, ahv nummer, avs, fodselsnummer, henkilotunnus, personenkennzeichen, personenkennziffer,
    bpk, jmbg, oib, cnp, egn, nric, tckn, numero identificacion, numero identificacao, numero identificazione,
    identificatienummer, cin, numero cin, piece identite, numero piece identite, num doc id, documento numero
national_number | 0.8 | linked | t | exact
    cf, identificacion, identificacao, identificazione
national_number | 0.6 | person | tn
    vat number, vat id, vat no, partita iva, ust id, ustid, siret, siren, numero documento, nro documento, num
    documento, identification number, identification no, rg, cnpj
document_number | 0.9 | anywhere | tn
    passport, passport number, passport no, driver license, driving licence, drivers license, driver licence,
    license number, licence number, visa number, reisepass, reisepassnummer, fuhrerschein, fuehrerschein,
    pasaporte, passeport, permis de conduire, passaporto, paspoort, rijbewijs, document number, documento,
    insurance number, policy number, certificate number, member number, membership number, loyalty number,
    frequent flyer, birth certificate, death certificate, marriage certificate, identification document, id
    document, residence permit, work permit, passport id, passnummer, passnr, ausweisnr, ausweis nummer,
    aufenthaltstitel, titre sejour, numero passeport, numero pasaporte, numero passaporto, numero de pasaporte,
    paspoortnummer, rijbewijsnummer, licencia conducir, carnet conducir, patente di guida, numero patente, carta
    conducao, carteira motorista, cnh, acte naissance, driver licence number, driver license number, driving
    license, library card, mitgliedsausweis, schulerausweis, versicherungsnummer, numero poliza, policy no,
    membership no
document_number | 0.75 | person | t | exact
    license, licence, lizenz, licencia, licenza
document_number | 0.6 | person | tn
    ticket, ticket number, ticket no, case number
document_number | 0.8 | linked | t | exact
    identifier, kennung
vehicle | 0.85 | anywhere | t
    license plate, licence plate, number plate, plate number, vin, kennzeichen, matricula, vehicle registration,
    registration plate, car plate, plate no, immatriculation, plaque immatriculation, targa, kenteken, placa,
    autokennzeichen
street | 0.92 | anywhere | tn
    street, street name, street address, address line, house number, street number, strasse, hausnummer,
    anschrift, strassenname, calle, rue, numero de calle, indirizzo, straat, huisnummer, rua, morada, street line,
    building number, apartment, apt, adresszeile, hausnr, strassenr, strasse nr, adresszusatz, hausnummerzusatz,
    civico, numero civico, logradouro, complemento endereco, complement adresse, numero voie, po box, postfach,
    boite postale, apartado postal, caixa postal, postbus, huisletter, huisnummertoevoeging, delivery point, haus
    nr, huis nr, house nr, huisnr, numero casa, numero maison
street | 0.88 | anywhere | t
    address, home address, mailing address, postal address, billing address, shipping address, ship address, work
    address, residence, residential address, adresse, wohnanschrift, direccion, domicilio, domicile, adres,
    endereco, wohnadresse, addr, delivery address, physical address, current address, permanent address, residence
    address, wohnsitz, domicilio fiscal, indirizzo residenza, indirizzo di residenza, direccion postal, adresse
    postale, adresse domicile, address text, customer address, endereco residencial, meldeadresse, heimatadresse
street | 0.6 | person | t | exact
    via, apartado, complemento, piso, numero exterior, numero
family_name | 0.75 | person | t | exact
    last, family
free_text | 0.5 | linked | t | exact
    body, content, text
free_text | 0.52 | linked | t | exact
    contenu, contenido, contenuto, inhalt, inhoud, conteudo, texte, texto, testo
username | 0.9 | anywhere | t
    username, user name, login, login name, logon, user login, account name, benutzername, nombre de usuario, nom
    d utilisateur, gebruikersnaam, nome utente, handle, screenname, userid name, signum, nick, pseudo, pseudonym,
    pseudonyme, login id, loginname, loginid, network login, nutzername, anmeldename, nome utilizador, usuario
    login, identifiant connexion, user principal name, sam account name, account login
username | 0.65 | linked | t | exact
    user, usuario, utente, utilisateur, benutzer, gebruiker, utilizador
username | 0.55 | anywhere | t
    created by, updated by, modified by, changed by, entered by, approved by, assigned to, assignee, creator,
    voided by, retired by, deleted by, inserted by, submitted by, requested by, uploaded by, posted by, recorded
    by, verified by, creado por, modificado por, cree par, modifie par, saisi par, creato da, modificato da,
    criado por, alterado por, aangemaakt door, gewijzigd door, erstellt von, geandert von, geaendert von, angelegt
    von, bearbeitet von
username | 0.7 | person | t | exact
    alias
social_account | 0.8 | anywhere | t
    twitter, facebook, linkedin, instagram, skype, github, telegram, tiktok, wechat, xing, twitter handle, icq,
    social media, discord, mastodon, bluesky, snapchat, jabber, orcid, google id, facebook id, twitter id, apple
    id, github id, openid, public key, pgp key, gpg key, gpg id, gpgid, pgp id, social profile, social url
password | 0.95 | anywhere | tn
    password, passwd, passphrase, password hash, hashed password, passwort, kennwort, contrasena, clave, mot de
    passe, wachtwoord, senha, pin, pin code, secret, api key, access token, auth token, security answer, secret
    answer, salt, password salt, cvv, cvc, refresh token, session token, activation key, token, private key, otp,
    secret key, two factor secret, two factor, totp, totp secret, mfa secret, mfa token, access code, activation
    code, verification code, confirmation code, confirmation token, reset code, reset token, password reset,
    remember token, session key, login key, logkey, login token, unlock token, authentication token, private
    token, client secret, api token, webhook secret, recovery code, backup code, zugangscode, aktivierungscode,
    freischaltcode, geheimnis, mdp, mot passe, code acces, codigo acceso, codigo activacion, chiave segreta,
    codice accesso, toegangscode, codigo acesso, secret question, security question, crypt password, encrypted
    password, hashed pw, passphrase hash, salt password, reset password token, reset password code, senha
    provisoria, codice sicurezza, codigo seguridad
url | 0.6 | person | t
    website, web site, homepage, home page, url, web page, webpage, blog, profile url, domain, linkedin url, sitio
    web, site web, sito web, sito internet, webseite, internetseite, pagina web, web address, personal url,
    portfolio
url | 0.6 | person | t | exact
    web, sito, site
ip_address | 0.92 | anywhere | t
    ip, ip address, ip addr, ipv4, ipv6, remote addr, client ip, last ip, login ip, remote host, adresse ip,
    lastip, userip, ip log, remote ip, remote address, forwarded ip, forwarded for, direccion ip, indirizzo ip, ip
    adresse, ip adres, sign in ip, registration ip, signup ip
device | 0.85 | anywhere | t
    mac address, imei, imsi, device id, device token, user agent, cookie id, advertising id, serial device,
    browser, last browser, useragent, device identifier, device name, device fingerprint, push token, mac adresse
credit_card | 0.93 | anywhere | tn
    credit card, card number, credit card number, cc number, cc num, ccn, debit card, card no, pan, kreditkarte,
    kreditkartennummer, tarjeta, numero de tarjeta, carte bancaire, carta di credito, creditcard, cartao, numero
    carta, numero carte, numero cartao, kartennummer, kaartnummer
bank_account | 0.93 | anywhere | tn
    iban, bank account, account number, bank account number, acct number, sort code, routing number, swift,
    kontonummer, bankverbindung, numero de cuenta, cuenta bancaria, numero de compte, rib, conto corrente,
    rekeningnummer, account no, konto nummer, beneficiary account, counterparty account, bic, swift code,
    bankleitzahl, blz, kontonr, iban code, codigo iban, compte bancaire, numero conto, numero conto corrente,
    numero cuenta, numero conta, bankrekening, bankrekeningnummer, rekening nummer, clabe, cbu, pix, chave pix,
    sepa mandate, mandat sepa, routing no, transit number, account iban
bank_account | 0.6 | anywhere | tn
    account, konto, cuenta, compte, conto, rekening, conta
photo | 0.85 | linked | t
    profile image url, profile image path, photo, avatar, picture, portrait, selfie, headshot, profile image,
    foto, bild, passbild, profile pic, photograph, fotografia, lichtbild, pasfoto, profile photo, user image,
    image file person, photo path, photo url, avatar url, foto pfad
photo | 0.7 | person | t | exact
    image, img, picture, image path, image url, bild, imagen, immagine, afbeelding, imagem
biometric | 0.9 | anywhere | t
    fingerprint, iris, face embedding, biometric, dna, genome, voiceprint, signature, unterschrift, retina, palm
    print, face id, empreinte, huella digital, impronta digitale, handtekening, assinatura, firma digital
free_text | 0.6 | linked | t
    note, comment, remark, memo, message, biography, bio, about me, notiz, bemerkung, kommentar, anmerkung, nota
    libre, observacion, comentario, commentaire, remarque, osservazione, opmerking, observacao, anamnese, clinical
    note, narrative, free text, history text, resume, cv, message body, body text, instruction, feedback, review
    text, transcript, chat, subject line, summary, observaciones, comentarios, anotacion, anotaciones, annotation,
    annotazioni, opmerkingen, aantekening, aantekeningen, bemerkungen, anmerkungen, notizen, observacoes,
    anotacao, anotacoes, note text, value text, notes text, comment text, message text, additional info,
    additional information, extra info, other info, personal statement, cover letter, testimonial, case note,
    progress note, discharge summary, report text, findings text, patient note, medical report, self description,
    uber mich, sobre mi, a propos
free_text | 0.55 | person | t | exact
    info, information, detail, description, beschreibung, kurzbeschreibung, descripcion, descrizione,
    beschrijving, descricao, presentation, background
person_key | 0.85 | anywhere | tn
    userid, uid, patientid, customerid, clientid, memberid, employeeid, subject id, subjid, usubjid, participant
    id, empno, emp number, matrikelnummer, personalnummer, kundennummer, patientennummer, mitgliedsnummer, numero
    de cliente, numero client, klantnummer, staff code, personid, person no, studentid, memberno, membernumber,
    patientno, customerno, clientno, employeeno, emp no, staff no, personnel number, personnel no, staff number,
    employee number, student number, client number, patient number, customer number, numero alumno, numero
    empleado, numero paciente, numero adherent, numero etudiant, numero socio, numero tessera, codice cliente,
    codice paziente, codigo cliente, codigo paciente, codigo alumno, codigo empleado, debitorennummer,
    mitarbeiternummer, schulernummer, personnr, kundennr, patientennr, mitgliedsnr, klantnr, personeelsnummer,
    leerlingnummer, clientnummer, patientnummer
person_key | 0.75 | person | tn | exact
    matricola, matricule, matrikel, matrikelnr, matriculation number
"""
"""Blocks of: entity | score | nearness to persons that it needs | kinds it can have | ``exact``, and its phrases below.

Kinds are t text or enum, n number, d date, b boolean. An ``exact`` phrase is so common that it counts only as the whole
name. One entity may have several blocks.
"""
