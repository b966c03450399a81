"""Words that names are read with: who is a person, what is a key, what turns a word's meaning; and short forms.

In the seven languages of ``phrases``, without accents and in lower case.
"""

BLOCKED = """
    security code type, driver license type, email type, phone type, product name, file name, host name, table name,
    column name, event name, category name, item name, brand name, domain name, street type, state machine, state
    id, home team, code name, title id, page title, last name length, paid off, birth rate, death rate, sex ratio,
    average age, order number, invoice number, page number, serial number, version number, line number, row number,
    track name, zip file, position id, order status, order date id, address type, address id, city id, country id,
    location id, language id, note id, job type, machine name, server ip, model name, model number, flight number,
    tail number, part number, batch number, bus number, phone model, cell type, country of origin, account type,
    card type, credit note, test name, test type, test date, unit price, list price, standard cost, file path, image
    url, bank name, bank code, store name, shop name, warehouse name, supplier name, vendor name, department name,
    dept name, team name, race id, race name, race date, race time, mail class, mail type, weight unit, height unit,
    web address type, logo, ship via, time zone, timezone, postal code required, postcode required, address format,
    custom field, payment status, order state, product image, product category, category image, session id, payment
    method, payment type, payment zone id, shipping method, tax zone, geo zone, tax number type, programming
    language, language level, currency name, class name, unit name, attribute name, group name, role name, field
    name, course name, project name, task name, plan name, program name, playlist name, album name, song name,
    artist name, song title, movie title, food name, drug class, insurance name, payment provider, service provider,
    identity provider, email provider, insurance provider, cloud provider, hosting provider, internet provider, auth
    provider, oauth provider, key provider, storage provider, sms provider, user agent string length, contact type,
    contact method, contact preference, relationship type id, birth order count, test method, room type, room rate,
    price level, lead time, user count, user role, user group, user type, user level, customer type, customer group,
    client type, member type, member level, membership type, patient type, employee type, person type, contact
    group, staff type, driver type, student count, service name, report name, device type, browser type, mail
    server, email server, email template, email subject, mail subject, mail template, sms template, message type,
    message id, message status, color code, zip archive, state transition, previous state, next state, current
    state, initial state, final state, token count, token type, pin color, account status, account type id, photo
    count, image count, image width, image height, video title, note type, comment count, review count, score max,
    max score, total score count, value type, value unit, unit value, default value, min value, max value, value
    label, result type, result count, result set, result code, result id, status code, birth weight unit, tipo
    documento, tipo de documento, tipo documento identidad, document type, type document, documento tipo, tipo via,
    tipo cuenta, type adresse, tipo indirizzo, adressart, anzahl, adresstyp, kontakttyp, kontaktart, telefonart,
    tipo telefono, tipo telefone, tipo email, grade scale, grade type, race distance, race category, race number,
    stage name, stage number, stage id, land use, land area, land value, land type, place order, place count, mail
    count, phone home screen, position x, position y, sort position, position in list, cell value, cell line, cell
    count, plan number, lat grid, long description, long name, long text, long title, long label, account code,
    account class, account group, account category, account head, tipo id fiscal, tipoidfiscal, tipo fiscal, tax
    class, user count total, mail host, mail port, smtp host, mail driver, email enabled, sms enabled, phone prefix,
    country phone code, dial code, phone code, card count, password policy, password length, token type id, photo
    required, signature required, birth certificate required, language code id, default language, default country,
    default currency, file name original, client version, client type id, client ip count, service provider name,
    host id, driver version, driver name
"""
"""Phrases that look like an entity and are none; a longer phrase hides the shorter ones inside it."""

ACTORS = """
    report to, created by, updated by, modified by, assigned to, approved by, changed by, entered by, sold by,
    requested by, reviewed by, signed by, served by, erstellt von, manager, supervisor, boss, vorgesetzter, jefe,
    account, konto, cuenta, compte, conto, rekening, conta, creator, taker, voided by, retired by, deleted by,
    inserted by, submitted by, posted by, uploaded by, closed by, opened by, resolved by, handled by, performed
    by, ordered by, prescribed by, referred by, recorded by, verified by, last edited by, last edit, edited by,
    owned by, registered by, cancelled by, confirmed by, creado por, modificado por, cree par, modifie par, saisi
    par, creato da, modificato da, criado por, alterado por, aangemaakt door, gewijzigd door, geandert von,
    geaendert von, angelegt von, bearbeitet von, modifier, modificateur, referred from, head of department, line
    manager, case manager, account manager, project manager, team lead, leader
"""
"""Phrases that name a person, or somebody's account, without a person's word before an id."""

AUDITORS = """
    created by, creator, updated by, modified by, changed by, voided by, retired by, deleted by, inserted by,
    entered by, edited by, last edited by, last edit, added by, archived by, published by, locked by, modifier,
    author of change, erstellt von, geandert von, geaendert von, angelegt von, creado por, modificado por, cree
    par, modifie par, creato da, modificato da, criado por, alterado por, aangemaakt door, gewijzigd door
"""
"""Those of them who only wrote the row down: a table is not about persons because it names them."""

SUBJECTS = """
    person people patient customer client member student pupil citizen user passenger applicant borrower donor
    participant respondent subject subscriber guest resident household insured policyholder beneficiary voter
    individual consumer shopper buyer visitor cardholder taxpayer inmate suspect victim defendant attendee candidate
    kunde kunden patienten versicherte versicherter mitglied mitglieder schuler schueler studenten klient klienten
    benutzer nutzer personen einwohner buerger burger bewohner gast gaste teilnehmer bewerber cliente paciente
    usuario persona personas alumno estudiante socio miembro ciudadano huesped personne personnes utilisateur eleve
    etudiant adherent membre citoyen assure abonne locataire paziente utente studente membro cittadino persone
    pazienti clienti utenti klant klanten gebruiker persoon leerling lid leden burgers pessoa aluno utilizador
    cidadao dependent dependant child infant newborn baby toddler orphan refugee migrant volunteer survivor veteran
    prisoner offender witness juror caller investor shareholder debtor creditor homeowner occupant alumnus alumni
    trainee apprentice nominee follower affiliate abonnent antragsteller versicherungsnehmer mieter spender proband
    probanden studierende studierender auszubildende auszubildender azubi lehrling kandidat sorgeberechtigte
    erziehungsberechtigte kinder fluechtling contacto contactos abonado inquilino solicitante asegurado donante
    votante pasajero deudor candidato residente beneficiario hijo vecino afiliado stagiaire demandeur donateur
    passager habitant patiente candidat locatrice beneficiaire allocataire usager iscritto abbonato assistito ospite
    passeggero donatore contribuente socia alunno alunni alumna contato contatos segurado associado assinante
    hospede passageiro candidata morador doador contribuinte beneficiaria inwoner bewoner verzekerde abonnee huurder
    deelnemer kandidaat cursist contactpersoon patientes clienten kind leerlingen betrokkene insuree lessee licensee
    mentee payor complainant petitioner appellant accused convict detainee parolee bystander pedestrian enrollee
    registrant learner scholar graduate schoolchild kid youth retiree pensioner widow householder roommate lodger
    renter homeless worshipper parishioner congregant supporter sponsor backer bidder winner contestant competitor
    participante entrant cyclist runner swimmer golfer traveller traveler tourist commuter flyer booker patron
    recruit soldier delegate constituent elector petitioner claimant caregiver kundin schulerin schuelerin studentin
    patientin nutzerin benutzerin teilnehmerin bewerberin burgerin bewohnerin mieterin leser leserin nutzniesser
    angehoriger angehorige ehepartner ehegatte ehefrau ehemann partnerin elternteil mutter vater geschwister
    klientin gaeste reisender reisende fahrgast fahrgaeste zeuge zeugin tater beschuldigter angeklagter klaeger
    beklagter schuldner glaeubiger debitor erblasser rentner beitragszahler zahler besteller auftraggeber abonnenten
    interessent stipendiat absolvent praktikant praktikantin ehrenamtlicher freiwilliger spieler sportler anrufer
    alumnas estudiantes egresado aspirante postulante participante interesado titular acudiente apoderado
    representado comprador consumidor suscriptor prestatario acreedor arrendatario arrendador propietaria
    contribuyente jubilado pensionista derechohabiente asistente competidor jugador jugadora deportista corredor
    lector lectora madre padre hermano hermana conyuge esposo esposa victima demandante demandado imputado
    denunciante testigo recluso viajero turista eleves etudiante usagere lecteur lectrice emprunteur emprunteuse
    licencie inscrit acheteur visiteur voyageur conjoint epoux epouse mere pere enfant assuree beneficiaires
    contribuable electeur victime temoin plaignant prevenu detenu condamne redevable debiteur creancier joueur
    sportif licenciee clientela allieva allievo studentessa scolaro tesserato associato partecipante iscritta
    lettore prestatario acquirente consumatore visitatore viaggiatore turista coniuge marito moglie figlio figlia
    genitore genitori madre padre tutore tutori fratello sorella anziano pensionato detenuto imputato vittima
    testimone debitore creditore conduttore assicurato beneficiari contraente giocatore atleta klante leerlinge
    lezer huurster koper bezoeker reiziger passagier kandidate sollicitant inschrijver vrijwilliger ouder echtgenoot
    echtgenote moeder vader broer zus verdachte slachtoffer getuige gedetineerde schuldenaar schuldeiser
    gepensioneerde begunstigde speler sporter aluna discente educando formando inscrito participante leitor
    comprador consumidor assinantes locatario inquilina conjuge esposo esposa filho filha pai mae irmao irma
    dependente tutelado reu autor vitima testemunha detento preso devedor credor aposentado pensionista eleitor
    candidatos torcedor jogador atleta viajante turista usuaria municipe formanda
"""
"""Persons whom a table is likely to be about."""

STAFF = """
    auteur autori autores director directeur direktor direttore propietario proprietario proprietaire eigenaar
    eigentumer eigentuemer besitzer desarrollador desenvolvedor entwickler sviluppatore developpeur advisor adviser
    employee staff worker manager supervisor boss doctor physician nurse surgeon clinician practitioner teacher
    professor instructor lecturer trainer coach driver agent rep representative salesperson salesman seller player
    athlete actor actress author writer owner contact officer operator technician analyst engineer contractor
    freelancer spouse guardian relative reviewer recipient sender approver assignee holder payee payer admin
    administrator mitarbeiter angestellte angestellter arzt arzte aerzte lehrer fahrer betreuer ansprechpartner
    schauspieler autor empleado trabajador medico profesor conductor empleada autora employe salarie medecin
    professeur conducteur enseignant dipendente insegnante docente autore medewerker werknemer arts leraar
    funcionario trabalhador motorista provider caregiver carer creator editor moderator requester reporter
    interviewer submitter uploader signatory referrer referee therapist counselor counsellor psychologist
    psychiatrist pharmacist dentist midwife lawyer attorney notary caseworker clerk cashier courier pilot captain
    coordinator organizer organiser planner programmer developer taker prescriber caretaker landlord commenter
    mentor tutor principal dean registrar librarian broker dealer sachbearbeiter dozent dozenten vertreter empfanger
    empfaenger absender erzieher betreuerin ausbilder pfleger agente agentes vendedor vendedores comercial tecnico
    responsable remitente destinatario medicos enfermera enfermero maestro entrenador vendeur technicien infirmier
    infirmiere tuteur intervenant expediteur destinataire formateur praticien referente venditore responsabile
    infermiere contatto mittente docenti impiegato collaboratore colaborador colaboradores responsavel professora
    enfermeiro remetente docent begeleider verkoper behandelaar huisarts verpleegkundige associate colleague
    coworker foreman superintendent operative handler dispatcher receptionist janitor guard waiter bartender baker
    nanny babysitter maid cleaner mechanic electrician plumber architect consultant auditor accountant bookkeeper
    treasurer secretary president chairman chairperson executive ceo cfo cto deputy chief umpire judge magistrate
    prosecutor solicitor barrister mediator policeman policewoman detective investigator examiner grader assessor
    evaluator proctor invigilator supervisee subordinate invitee commentator follower subscriber blogger translator
    interpreter photographer speaker presenter anaesthetist anesthetist radiologist cardiologist paramedic
    physiotherapist dietician nutritionist vet veterinarian optician consultant locum attending preparer witness
    notifier mitarbeiterin lehrerin aerztin arztin hausarzt facharzt chefarzt zahnarzt pflegekraft pflegerin
    krankenschwester hebamme therapeut therapeutin berater beraterin betreuter leiter leiterin abteilungsleiter
    vorstand geschaftsfuhrer geschaeftsfuehrer chefin verkaufer verkaeufer verkauferin einkaufer buchhalter
    techniker gutachter richter richterin anwalt anwaltin rechtsanwalt notar staatsanwalt trainerin ubungsleiter
    uebungsleiter klassenlehrer fachlehrer tutorin prufer pruefer korrektor autorin verfasser verfasserin urheber
    ersteller bearbeiter bearbeiterin erfasser redakteur moderatorin kassierer kassenwart schriftfuhrer fahrerin
    zusteller empleados trabajadora operario funcionaria directora jefa gerente gerenta administrador administradora
    encargado encargada asesor asesora contador contable abogado abogada juez jueza notario perito policia doctora
    enfermeria psicologo psicologa odontologo dentista cirujano pediatra terapeuta cuidador profesora docentes
    maestra tutora catedratico investigador becario coordinador coordinadora secretario secretaria tesorero
    presidente cajero cajera vendedora repartidor chofer mecanico autorizado firmante revisor aprobador solicitadora
    creador redactor receptor propietaria dueno duena employeur salariee ouvrier directrice gerant gerante
    responsables comptable avocat avocate juge notaire huissier policier enqueteur docteur chirurgien dentiste
    psychologue kine kinesitherapeute pharmacien pharmacienne soignante institutrice instituteur professeure
    formatrice animateur animatrice educateur educatrice entraineur arbitre secretaire tresorier vendeuse caissier
    livreur chauffeur demandeur demandeuse valideur redacteur createur modificateur signataire gestionnaire
    conseiller conseillere commerciale impiegata operaio operatore operatrice dirigente direttrice caposala primario
    infermieri dottore dottoressa chirurgo dentista psicologo psicologa farmacista ostetrica professoressa maestra
    educatore educatrice istruttore allenatore arbitro amministrativo amministratore collaboratrice segretario
    segretaria tesoriere cassiere venditrice autista avvocato giudice notaio perito contabile ragioniere consulente
    tecnici creatore redattore firmatario relatore coordinatore referenti medewerkers personeelslid werkneemster
    leidinggevende baas bestuurder bestuurslid penningmeester secretaris voorzitter beheerder dokter tandarts
    chirurg psycholoog apotheker verloskundige fysiotherapeut zorgverlener leerkracht scheidsrechter adviseur
    boekhouder advocaat rechter notaris inspecteur chauffeur bezorger kassier schrijver redacteur aanvrager
    ontvanger afzender opsteller indiener eigenares contactpersonen funcionaria servidor empregado empregada
    trabalhadora gerente diretora encarregado supervisora contador advogado advogada juiz promotor tabeliao perito
    policial medica enfermeira dentista cirurgiao psicologo farmaceutico fisioterapeuta terapeuta cuidador docentes
    professores orientador coordenador coordenadora secretaria tesoureiro vendedora atendente entregador motoboy
    mecanico aprovador solicitante criador revisor emissor proprietaria dono dona responsaveis representante
    consultor consultora instrutor instrutora treinador arbitro
"""
"""Persons too, more often in a part they play for somebody else."""

KEY_HEADS = """
    cod code codice codigo fk guid id identifiant identifier ids idx key krz kuerzel kz number numero nummer oid
    pk ref rowid sid sk uuid
"""
"""Last words of a name that make the word before it the thing that is identified."""

KEY_FIRST = """
    cod codice codigo code fk id identifiant numero number num nr ref rif
"""
"""Words before a person that make it a key in languages that put the head first: ``id_cliente``, ``codigo alumno``."""

GLUED_FIRST = """
    codigo cod id num nro nom nome nombre fecha data date dt lang last
"""
"""Beginnings that are split off a word when what is left is a word of the lists: ``idcliente``, ``codpostal``."""

LOOKUPS = """
    type statu status group category role level class segment kind permission setting lookup code catalog
    catalogue enum option preference template typ art gruppe kategorie rolle stufe tipo grupo categoria perfil
    nivel clase permiso rol groupe categorie niveau classe statut gruppo ruolo livello tipologia soort groep
    funcao situacao
"""
"""Words of tables that list what persons can be, not persons: the last word in Germanic order, the first in Romance."""

ORGANIZATIONS = """
    verlag editorial editeur editore uitgeverij pharmacie farmacia apotheke apotheek organization organisation
    company firm business employer store shop branch office outlet restaurant hotel hospital clinic facility site
    pharmacy laboratory school university college campus institution agency supplier vendor shipper carrier
    airline bank insurer payer manufacturer publisher club association venue tenant firma unternehmen filiale
    krankenhaus klinik schule hochschule lieferant verein empresa tienda sucursal clinica escuela universidad
    proveedor banco entreprise societe magasin agence hopital clinique ecole etablissement fournisseur banque
    azienda societa negozio ospedale scuola fornitore banca bedrijf winkel vestiging ziekenhuis leverancier loja
    filial escola fornecedor
"""
"""Last words of tables of organisations: where one is tells nothing of a person, though its phone may be somebody's."""

TELLING_TABLES = """
    condition=diagnosis problem=diagnosis observation=test_result measurement=test_result exam=test_result
    careplan=treatment immunization=treatment medicine=treatment marks=grade result=test_result
"""
"""Last words of tables about persons, and what their generic columns (``code``, ``value``) hold."""

FILLERS = """
    unique anonymous anon hashed external internal original global legacy old new source current real main public
"""
"""Words between a person and ``id`` that leave it that person's key: ``customer_unique_id``."""

ROMANCE_LOOKUPS = """
    tipo grupo categoria tipologia perfil estado statut categorie groupe gruppo classe clase situacao tip
"""
"""Those of them that come before what they sort: ``tipo_cliente_id`` is no client, ``group_member_id`` a member."""

THINGS = """
    country city ciudade cidade localidade unidade state province region district county zone area place location
    currency language unit brand manufacturer product item category catalogue concept vocabulary term tag label
    film movie song track album genre book material ingredient part sku warehouse store shop branch route airport
    station building room resource holiday calendar tax rate tariff price discount coupon voucher plan feature
    permission module menu page template layout theme setting config parameter version migration schema job queue
    cron land nation staat stadt ort gemeinde kreis bundesland raum gebaeude produkt artikel ware lager wahrung
    waehrung sprache einheit kategorie fach kurs pais ciudad provincia municipio producto articulo almacen moneda
    divisa idioma unidad categoria curso asignatura pay ville commune departement produit article magasin devise
    langue unite categorie matiere cours paese citta comune regione prodotto articolo magazzino valuta lingua
    unita materia corso stad gemeente provincie magazijn munt taal eenheid vak estado produto artigo armazem moeda
    disciplina course subject department
"""
"""Last words of tables of places, goods and settings: their names, places and amounts are nobody's."""

EVENTS = """
    log history attendance audit entry event activity visit session message notification reminder order
    transaction payment booking reservation appointment assignment membership enrollment enrolment registration
    subscription
"""
"""Words before a person that make a table one of what happened: ``attendance_log_person``."""

NEUTRAL_HEADS = """
    service plan support carrier allowed anzahl art attempt avg campaign cantidad categoria categorie charset
    class clicked column confirmed consent count currency domain enabled encoding expiry flag format frequency
    group hash hidden icon id index kategorie key kind length level max mean method mime min opened optin option
    optout order pct percent period policy precision preference provider quota rate ratio required reset sent
    setting size sort source status style sum table template timeout tipo tipus total try typ type unit uom valid
    verified version visible
"""
"""Last words that turn what stands before them into something about it: ``email_count`` holds no e-mail address."""

QUALIFIERS = """
    to from old new current previous primary secondary main home work private alt alternative text raw local full
    short original neu principal first second third one two three billing shipping mailing permanent residential
    office personal business emergency alternate other privat dienstlich geschaftlich geschaeftlich casa trabajo
    oficina particular movil domicile bureau travail perso abitazione ufficio lavoro prive thuis werk zakelijk
    residencial comercial celular backup recovery contact preferred
"""
"""Last words that leave what stands before them what it is: ``email_work`` is an e-mail address."""

AGGREGATES = """
    average avg durchschnitt mean median mittlere moyenne percent percentage promedio rate
"""
"""Words of figures over many persons: ``avg_salary`` of a district is nobody's."""

BOUNDS = """
    min max minimum maximum mindest hochst total num nb anzahl count cantidad
"""
"""Words of limits and counts: ``max_salary`` of a job is nobody's, in a table that is not of persons."""

BOOKKEEPING = """
    bijgewerkt editado borrado completado gespeichert registrato aangemaakt actualizado added aggiornato
    alta_registro alterado angelegt archived atualizado bearbeitet changed crea creado create created creation
    creato creazione cree criado ctime deleted edited eliminado erstellt etl exported geaendert geandert geloescht
    gelöscht gewijzigd imported indexed inserido insert insertamum inserted last_update lastmod load loaded locked
    logged modif modifica modificado modifie modified modify mtime processed published purged retired rowversion
    supprime synced timestamp update updateamum updated verified voided validity since expire expires stamp
    inserimento inserito eingabe toegevoegd veranderd registro cadastro notification lastrun ultimamodifica
    ultimaactualizacion ultmod ultima_modificacion aenderung anderung loeschung loschung erfassung erfasst
    importdatum exportdatum aktualisierung aktualisiert actualizacion modificacion creacion eliminacion insercion
    guardado grabado registrado actualise actualisation modification suppression supprimer insertion enregistrement
    enregistre maj aggiornamento cancellazione eliminato inserita creata wijziging gewijzigde aanmaak laatst
    verwijderd opgeslagen atualizacao alteracao exclusao inclusao criacao excluido incluido cadastrado saved
    refreshed reindexed generated rebuilt cached migrated touched lastmodified lastupdate lastchange lastchanged
    lastupdated
"""
"""Words of columns in which a system notes when it wrote a row, not when something happened to somebody."""

PROSE = """
    state land name place county order mark race stage position pan title major default charge sentence handle
    city region country address number value result status street level note message condition problem contact
    owner host cell mobile mail born minor date day time location account balance amount total cost fee payment
    company organization school language text comment description information score grade point unit department
    team office reference relation relationship parent child children key token secret pin salt iris domain url
    group age sex geo lat long church vote statement rank career job role type photo picture image view
"""
"""Words that mean too much in running text: alone in a comment they say nothing."""

ABBREVIATIONS = """
    cust=customer emp=employee pat=patient pt=patient addr=address adr=address tele=telephone mob=mobile nr=number
    num=number nbr=number no=number nmbr=number ctry=country cntry=country acct=account acc=account dt=date
    desc=description amt=amount yr=year mgr=manager gndr=gender gend=gender bday=birthday pwd=password
    pass=password pw=password usr=user mbr=member stdnt=student prov=province edu=education occ=occupation
    natl=national sal=salary tfn=telephone ph=phone prsn=person pers=person indiv=individual geb=geburt ppl=people
    rslt=result diag=diagnosis dx=diagnosis rx=prescription med=medication wt=weight ht=height appl=applicant
    benef=beneficiary fn=firstname ln=lastname sname=surname dateofbirth=dob custid=customerid phonenumber=phone
    mothers=mother lang=language pref=preferred obs=observation univ=university org=organization orga=organization
    dept=department depto=departamento zipcd=zip cd=code cde=code nm=name nme=name lst=last fst=first frst=first
    mid=middle midl=middle nat=nationality bdt=birthdate brth=birth bth=birth ident=id idno=idnumber lic=license
    meds=medication proc=procedure hosp=hospital phys=physician prv=provider vac=vaccine vacc=vaccine
    emerg=emergency emer=emergency pswd=password psw=password cred=credential uname=username usrname=username
    naiss=naissance nasc=nascimento fec=fecha nro=numero tlf=telefono tfno=telefono cod=codigo geschl=geschlecht
    familienst=familienstand staatsang=staatsangehorigkeit
"""
"""Short forms, each read as what it most often stands for."""
